# The workers of nginx, and whether they are of $group.

# lack succeeds when nginx runs and a worker that takes requests is not in the group: a worker
# has the groups that its user had when it began.
lack(){
  { read -r main </run/nginx.pid; } 2>/dev/null || return 1
  [ "${main:-0}" -gt 0 ] && [ -r "/proc/$main/task/$main/children" ] || return 1
  read -r workers <"/proc/$main/task/$main/children" || : # neither has an end of line
  gid=$(getent group "$group") || return 0
  gid=${gid#*:*:} gid=${gid%%:*}
  for w in $workers; do
    [ -r "/proc/$w/cmdline" ] || continue
    read -r title <"/proc/$w/cmdline" || :
    [ "$title" = "nginx: worker process" ] || continue
    while read -r key groups; do
      [ "$key" = Groups: ] || continue
      case " $groups " in *" $gid "*) break ;; *) return 0 ;; esac
    done <"/proc/$w/status"
  done
  return 1
}

# replace has nginx begin new workers.
replace(){
  nginx -t -q || rejected
  systemctl reload nginx.service
  n=0
  while lack; do
    n=$((n+1))
    [ $n -lt 100 ] || { echo "nginx has no workers that belong to $group"; unready; }
    sleep 0.1
  done
}
