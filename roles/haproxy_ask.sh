# Asks the running HAProxy for its servers.
[ -S "$admin" ] || exit 3
command -v socat >/dev/null || exit 3
socat -t 10 - "UNIX-CONNECT:$admin" <<E
show servers state $backend; show stat
E
