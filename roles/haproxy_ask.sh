# Asks the running HAProxy for its servers, and what it asks them for.
[ -S "$admin" ] || exit 3
command -v socat >/dev/null || exit 3
asks
socat -t 10 - "UNIX-CONNECT:$admin" <<E
show servers state $backend; show stat; show map $checks
E
