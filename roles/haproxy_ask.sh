# Asks the running HAProxy for its servers.
[ -S "$admin" ] || exit 3
command -v socat >/dev/null || exit 3
systemctl is-active -q "$unit" || exit 3
for question in "show servers state $backend" 'show stat'; do
  echo "$question" | socat -t 10 - "UNIX-CONNECT:$admin" || exit 1
done
