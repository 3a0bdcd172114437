# How long a reload of HAProxy takes to be seen.

# settle waits until every server has been asked once, at most $settle seconds, and, where
# some are not well then and others are, whether they become well in the same time again.
settle(){
  end=$(($(ticks) + settle))
  while [ "$(ticks)" -le $end ]; do
    case $(servers_now | while IFS='|' read -r _ s c _; do case $s,$c in MAINT*) ;; *, | *,INI | *,UNK) echo waits ;; esac; done) in
    '') break ;;
    esac
    sleep 0.2
  done
  end=$(($(ticks) + settle))
  # shellcheck disable=SC2086 # names
  while [ -n "$(well)" ] && [ -n "$(lost $before)" ] && [ "$(ticks)" -le $end ]; do sleep 0.3; done
}
