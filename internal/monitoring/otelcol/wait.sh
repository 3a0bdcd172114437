# Waits until the collector is healthy, and shows the end of its log where it is not, and
# what the log does not say: that the service is asked too often, or has a fault.
n=0
until healthy 2>/dev/null; do
  n=$((n+1))
  if [ $n -ge "$polls" ]; then
    echo "the collector is not healthy after $within; its log ends:"
    journalctl -q -u "$unit" -n 8 --no-pager -o cat
    code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 ${ca:+--cacert "$ca"} -- "$endpoint/") || code=
    case $code in
      429 | 5??) echo "the monitoring service at $endpoint answers with the status $code" ;;
    esac
    stale
  fi
  sleep 0.5
done
