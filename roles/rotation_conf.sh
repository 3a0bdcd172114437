# Writes the server $host into HAProxy's configuration as disabled, or not.
next=$(awk -v h="$host" -v out="$out" '
$1 == "server" && $2 == h { sub(/ disabled$/, ""); if (out) $0 = $0 " disabled" }
{ print }' "$conf")
printf '%s\n' "$next" | foobar_put 0644 root:root "$conf.foobar-new"
trap 'rm -f -- "$conf.foobar-new"' EXIT
haproxy -c -q -f "$conf.foobar-new"
printf '%s\n' "$next" | foobar_put 0644 root:root "$conf"
