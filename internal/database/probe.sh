# Asks the host's one database server, unless the facts have asked along. Given are the
# functions db_asks, aside, and as_server, and the paths of the marks. as_server replaces the
# shell that calls it.
if [ ! -S /run/mysqld/mysqld.sock ]; then
  o 0 state absent
else
  if [ -n "$db_said" ] || db_said=$(db_asks ''); then o 0 state present
  else o 0 state "unknown $(printf '%s\n' "$db_said" | tail -n 1)"; fi
  v 0 out "$db_said"
  [ ! -f "$restoring" ] || o 0 restoring "$(head -n 1 "$restoring" | cut -c 1-100)"
  [ ! -e "$copied" ] || o 0 half-copied yes
  [ ! -e "$begun" ] || o 0 begun yes
  aside
fi
