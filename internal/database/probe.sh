# Asks the host's one database server. Given are the functions answer, which gives the
# server the dialect's statements, aside, and as_server, and the paths of the marks. answer
# and as_server replace the shell that calls them.
if [ ! -S /run/mysqld/mysqld.sock ]; then
  o 0 state absent
else
  if out=$(answer); then o 0 state present; else o 0 state "unknown $(printf '%s\n' "$out" | tail -n 1)"; fi
  v 0 out "$out"
  [ ! -f "$restoring" ] || o 0 restoring "$(head -n 1 "$restoring" | cut -c 1-100)"
  [ ! -e "$copied" ] || o 0 half-copied yes
  [ ! -e "$begun" ] || o 0 begun yes
  aside
fi
