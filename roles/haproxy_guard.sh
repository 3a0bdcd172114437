# A reload after which HAProxy must find as many servers well as before; else the files that
# are its arguments come back from the folder $kept, where there is a copy of them. The
# function reload is that of the HAProxy that runs.

# settle waits until every server has been asked once, at most $settle seconds, and, where
# some are not well then and others are, whether they become well in the same time again.
settle(){
  end=$(($(date +%s) + settle))
  while [ "$(date +%s)" -le $end ]; do
    case $(servers | while IFS='|' read -r _ s c _; do case $s,$c in MAINT*) ;; *, | *,INI | *,UNK) echo waits ;; esac; done) in
    '') break ;;
    esac
    sleep 0.2
  done
  end=$(($(date +%s) + settle))
  # shellcheck disable=SC2086 # names
  while [ -n "$(well)" ] && [ -n "$(lost $before)" ] && [ "$(date +%s)" -le $end ]; do sleep 0.3; done
}

# put_back FILE... puts the copies in the place of the files, and reloads.
put_back(){
  [ -d "$kept" ] || { echo "no copy was kept of the configuration before it, so it stays"; exit 1; }
  for f; do
    [ ! -f "$kept/${f##*/}" ] || { cp -p -- "$kept/${f##*/}" "$f.foobar-old" && mv -fT -- "$f.foobar-old" "$f"; }
  done
  count # a reload takes the counters with it
  if reload; then
    rm -rf -- "$kept"
    settle
    count
    # shellcheck disable=SC2086
    still=$(lost $before)
    if [ -n "$still" ]; then echo "the configuration before it is back, and with it these are unhealthy, too:$still"
    else echo "the configuration before it is back, and with it all servers are as they were"; fi
  fi
  taken_back
}

guarded(){
  before=$(well)
  count
  if reload; then
    [ -n "$before" ] || return 0
    settle
    count
    # shellcheck disable=SC2086
    bad=$(lost $before)
    [ -n "$bad" ] || return 0
    echo "with its new configuration HAProxy does not find servers well that were well before:$bad"
  else
    [ -d "$kept" ] || return 1
  fi
  put_back "$@"
}
