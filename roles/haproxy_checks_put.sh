# Writes the map $checks: for each server what it is asked for now, or what it is to be
# asked for where nothing says that. Arguments: the server's name and what it is to be asked
# for, again and again.
now=$(asks)
lines=''
while [ $# -gt 0 ]; do
  check=$(printf '%s\n' "$now" | awk -v n="$1" '$1 == "asks" && ($2 == n || $2 == "*") { c = $3 } END { print c }')
  lines="$lines$1 ${check:-$2}
"
  shift 2
done
printf '%s' "$lines" | foobar_put 0644 root:root "$checks"
