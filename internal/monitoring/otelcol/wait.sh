# Waits until the collector is healthy, and shows the end of its log where it is not.
n=0
until healthy 2>/dev/null; do
  n=$((n+1))
  if [ $n -ge "$polls" ]; then
    echo "the collector is not healthy after $within; its log ends:"
    journalctl -q -u "$unit" -n 8 --no-pager -o cat
    exit 1
  fi
  sleep 0.5
done
