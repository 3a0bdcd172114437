# Waits, for at most ten seconds, until the replica reads from its source, and
# fails with the server's own words when it cannot.
n=0
while :; do
  s=$(threads)
  case $s in *_IO_Running:' Yes'*) break ;; esac
  n=$((n+1))
  if [ $n -ge 50 ]; then
    printf '%s\n' "$s" | sed -n 's/^ *Last_IO_Error: *//p'
    echo "the replica does not reach its source"
    failed
  fi
  sleep 0.2
done
