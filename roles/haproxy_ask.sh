# Asks the running HAProxy for its servers.
[ -S "$admin" ] || exit 3
command -v socat >/dev/null || exit 3
socat -t 10 - "UNIX-CONNECT:$admin" <<E && exit
show servers state $backend; show stat
E
systemctl is-active -q "$unit" || exit 3
exit 1
