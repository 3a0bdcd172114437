# The end of the log $log, at most $most bytes of it, and of the rotated one before it
# where the log has just begun.
section traffic
size=$(stat -c %s -- "$log" 2>/dev/null) || size=0
{
  [ "$size" -ge "$most" ] || tail -c "$most" -- "$log.1"
  tail -c "$most" -- "$log"
} 2>/dev/null | timeout 10 awk -v now="$(date +%s.%N)" -v span="$span" -v most="$most" "$program"
