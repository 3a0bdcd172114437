umask 077
f=$1 p=$PPID a=${SSH_CONNECTION:-}
while [ -z "$a" ] && [ "${p:-0}" -gt 1 ]; do
  a=$(tr '\0' '\n' <"/proc/$p/environ" | sed -n 's/^SSH_CONNECTION=//p')
  p=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$p/status")
done
a=${a%% *}
case $a in *[!0-9A-Za-z.:%_-]*) a=$(printf %s "$a" | tr -cd '0-9A-Za-z.:%_-') ;; esac
[ -d "${f%/*}" ] || foobar_dir 0700 root:root "${f%/*}"
foobar_parent "$f" || exit
if { [ ! -f "$f" ] || grep -vF "$2" "$f" | tail -n "$3"; } >"$f.new" && printf '{"from":"%s",%s\n' "$a" "$4" >>"$f.new"
then mv -f "$f.new" "$f"; else rm -f "$f.new"; fi
# For whoever watches the host: charts can mark when something changed.
logger -t foobar -S 16384 -- "$5"
[ ! -d "${6%/*}" ] || { foobar_parent "$6" && : >"$6"; }
