# Has a server's program, which is the command in the arguments, read a file; says what the
# server would not take, and what it would take in another way. Where a part of the server
# refuses its options MariaDB's program ends well all the same. A server that is not
# installed yet refuses nothing.
# The account that this runs as finds no servers by itself.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
command -v "$1" >/dev/null || exit 0
said=$("$@" 2>&1 >/dev/null) && ended=0 || ended=$?
bad=$(grep -iE '\[ERROR\].*(unknown|option|variable|value|suffix)|adjusted to|(was not|wasn.t) recognized' <<SAID
$said
SAID
) || :
[ "$ended" -ne 0 ] || [ -n "$bad" ] || exit 0
tail -n 5 <<SAID | cut -c 1-300
${bad:-$said}
SAID
exit 1
