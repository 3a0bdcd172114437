# The lines of the log $log, and of the rotated one before it, that hold $mark; at most
# $most bytes of each are read.
for f in "$log.1" "$log"; do
  [ ! -f "$f" ] || timeout 10 tail -c "$most" -- "$f"
done 2>/dev/null | LC_ALL=C timeout 10 grep -a -F -e "$mark" | head -n 1000
