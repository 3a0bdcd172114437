n=0
until p=$(cat "$f" 2>/dev/null) && [ -n "$p" ]; do
  n=$((n+1))
  [ "$n" -le 300 ] && [ -d "${f%/*}" ] || exit 0
  sleep 0.1
done
kill -s TERM -- "-$p" 2>/dev/null || exit 0
n=0
while kill -s 0 -- "-$p" 2>/dev/null; do
  n=$((n+1))
  [ "$n" -le 30 ] || { kill -s KILL -- "-$p"; exit 0; }
  sleep 0.1
done
exit 0
