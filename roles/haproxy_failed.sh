# How many requests failed at the balancer since a run began. Those are the answers of the
# class 5xx that are HAProxy's own: all of the backend without those that a server gave. A
# retry that went well is none of them. The counters are those of one worker, so that a reload
# begins again at 0; what came before it is in the file $failed: worker, its count at the last
# look, the sum, when the run began, and how many had failed by then in how many seconds.

# counters prints worker, count, seconds since it began and how many servers are up, by $tables
# where HAProxy has just been asked.
counters(){
  { [ "${tables-}" ] && printf '%s\n' "$tables" || echo 'show info;show stat' | socat -t 10 - "UNIX-CONNECT:$admin"; } | awk -F, -v b="$backend" '
    sub(/^Pid: /, "") { pid = $0 + 0 }
    sub(/^Uptime_sec: /, "") { s = $0 + 0 }
    sub(/^# /, "") { for (i = 1; i <= NF; i++) at[$i] = i }
    $1 == b && $2 == "BACKEND" { all = $at["hrsp_5xx"] }
    $1 == b && $2 != "BACKEND" { theirs += $at["hrsp_5xx"]; if ($at["status"] ~ /^UP/) up++ }
    END { if (pid) printf "%d %d %d %d\n", pid, all - theirs, s, up }'
}

# count_anew begins to count. Nothing is counted while the site is down: that is not the
# doing of the run.
count_anew(){
  rm -f -- "$failed"
  [ -S "$admin" ] || return 0
  # shellcheck disable=SC2046 # four numbers
  set -- $(counters)
  [ "${4:-0}" -gt 0 ] || return 0
  [ "$3" -ge 300 ] || set -- "$1" "$2" 0 # too short to tell what is usual
  echo "$1 $2 0 $(ticks) $2 $3" >"$failed"
}

# count adds what failed since the last look.
count(){
  [ -r "$failed" ] || return 0
  # shellcheck disable=SC2046
  set -- $(counters)
  [ $# = 4 ] || return 0
  read -r worker last sum began usual seconds <"$failed" || return 0
  [ "$1" = "$worker" ] || last=0
  new=$(($2 - last))
  [ $new -gt 0 ] || new=0
  echo "$1 $2 $((sum + new)) $began $usual $seconds" >"$failed"
}

# failures prints how many failed beyond what is usual, nothing where none are counted.
failures(){
  [ -r "$failed" ] || return 0
  read -r _ _ sum began usual seconds <"$failed" || return 0
  [ "$seconds" -eq 0 ] || sum=$((sum - usual * ($(ticks) - began) / seconds))
  [ "$sum" -ge 0 ] || sum=0
  echo "$sum"
}

# few MOST ends the script where more than MOST failed; less than 0 is no bound.
few(){
  count
  n=$(failures)
  [ "$1" -ge 0 ] && [ "${n:-0}" -gt "$1" ] || return 0
  echo "$n requests failed at the balancer since the run began, and deploy.max_failed_requests is $1"
  too_many
}
