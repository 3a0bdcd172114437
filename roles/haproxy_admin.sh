# What the running HAProxy is told, and asked, over its socket $admin. The servers are those
# of $backend.
nl='
'
shown="show servers state $backend;show info;show stat"

# tell COMMAND... sends commands, of which HAProxy answers those it obeys with an empty line.
tell(){
  for command; do
    said=$(printf '%s\n' "$command" | socat -t 10 - "UNIX-CONNECT:$admin")
    [ -z "$said" ] || { echo "HAProxy answers to \"$command\": $said"; return 1; }
  done
}

# told COMMAND [if-known] sends such a command, and leaves in $stat and $tables what $shown says
# right after it, which begins with "1" and the names of columns. With if-known it ends the
# script well where HAProxy does not run, or does not have the server.
told(){
  stat=$(printf '%s;%s\n' "$1" "$shown" | socat -t 10 - "UNIX-CONNECT:$admin") || { [ -z "${2-}" ] || exit 0; return 1; }
  tables=$stat said=${stat%%be_id*}
  said=${said%%Name:*}
  said=${said%1*}
  case $said/${2-} in
  *'No such '*/if-known) exit 0 ;;
  *[![:space:]]*/*) echo "HAProxy answers to \"$1\": $said"; return 1 ;;
  esac
}

# say COMMAND... sends commands that HAProxy answers with words whether it obeys or not; the
# next look tells.
say(){ for command; do printf '%s\n' "$command" | socat -t 10 - "UNIX-CONNECT:$admin"; done; }

# known NAME ends the script well where there is nothing to tell: HAProxy does not run, or
# does not have this server. What an administrator did to it is in $out then, 0 for nothing,
# and in $others how many others get requests. It takes $tables where there are some. Columns
# of show servers state: 2 is the backend, 4 the name, 6 the operational state (1 starting, 2 running),
# 7 the administrative one, 8 the weight.
known(){
  [ -S "$admin" ] || exit 0
  [ "${tables-}" ] || tables=$(printf '%s\n' "$shown" | socat -t 10 - "UNIX-CONNECT:$admin") || exit 0
  out='' others=0
  while read -r _ b _ name _ op adm weight _; do
    case $b/$name/$op/$adm in
    "$backend/$1"/*) out=$adm ;;
    "$backend"/*/[12]/0) [ "$weight" -eq 0 ] || others=$((others + 1)) ;;
    esac
  done <<E
${tables%%Name:*}
E
  [ "$out" ] || exit 0
}

# drain NAME SECONDS takes out a known server.
drain(){
  [ "$others" -gt 0 ] || { echo "$1 is not drained: no other server is up"; exit 0; }
  leave "$1" "$2"
}

# cell NAME N leaves in $cell the column N that $stat has of a server, nothing where it has none.
cell(){
  cell='' col=$2 IFS=$nl
  set -f
  for l in $stat; do case $l in "$backend,$1,"*) cell=$l ;; esac; done
  IFS=,
  # shellcheck disable=SC2086 # columns
  set -- $cell
  unset IFS
  set +f
  cell=''
  [ $# -lt "$col" ] || { shift $((col - 1)); cell=$1; }
}

# ended NAME SECONDS waits until a server has no session, and fails where some are $left. The
# first time it takes $stat.
ended(){
  end=''
  while :; do
    [ "$stat" ] || stat=$(echo 'show stat' | socat -t 10 - "UNIX-CONNECT:$admin")
    cell "$1" 5
    left=$cell
    [ "$left" != 0 ] || return 0
    now=$(ticks)
    end=${end:-$((now + $2))}
    [ "$now" -lt "$end" ] || return 1
    sleep 0.2
    stat=''
  done
}

# take_out NAME SECONDS takes out a server, whatever the others are, and fails while it has
# sessions.
take_out(){
  told "set server $backend/$1 state drain"
  ended "$1" "$2" || { echo "$1 gets no new requests, and still has $left sessions after $2 s: give them more time with --wait"; stays; }
}

# leave NAME SECONDS takes out a server for good, with the sessions that do not end in time.
leave(){
  told "set server $backend/$1 state drain"
  ended "$1" "$2" || echo "$1 still has $left sessions after $2 s"
}

# not_up NAME... leaves in $bad which servers are not up by $stat; $late asks for the reason too.
# Columns 18 and 37 of show stat are status and check_status. DRAIN is a server of weight 0:
# it is only waited for servers that are in service.
not_up(){
  bad=''
  for name; do
    cell "$name" 18
    is=$cell
    cell "$name" 37
    is="$is${is:+ ${cell#'* '}}"
    case $is in
    'UP '*INI | 'UP '*UNK | 'UP ' | '') bad="$bad $name (${is:-unknown})" ;;
    UP* | DRAIN*) ;;
    *) bad="$bad $name ($is${late:+$(answer "$name")})" ;;
    esac
  done
}

# wait_up SECONDS NAME... waits until the servers are up, or fails and says which are not. What
# they are asked is in $question. The first time it takes $stat, where there is one.
wait_up(){
  most=$1 end='' stat=${stat-}
  shift
  while :; do
    late=''
    [ -z "$end" ] || [ "$(ticks)" -lt "$end" ] || late=yes
    [ "$stat" ] || stat=$(echo 'show stat' | socat -t 10 - "UNIX-CONNECT:$admin") || stat=
    not_up "$@"
    [ -n "$bad" ] || break
    end=${end:-$(($(ticks) + most))}
    [ -z "$late" ] || { echo "not up after $most s:$bad"; unhealthy; }
    sleep 0.3
    stat=''
  done
}

# answer NAME prints what came of the last question to a server that is not up.
answer(){
  printf '%s\n' "$stat" | servers | while IFS='|' read -r n _ c l; do
    case $n/$c in
    "$1"/L?OK*) ;;
    "$1"/L7STS) printf '%s' ": GET ${question:-the health path} answered $l" ;;
    "$1"/*) printf '%s' "${l:+: $l}" ;;
    esac
  done
}

# servers makes of "show stat": name|status|last check|its result.
servers(){
  awk -F, -v b="$backend" '
    function cell(name) { return (name in at) ? $at[name] : "" }
    sub(/^# /, "") { for (i = 1; i <= NF; i++) at[$i] = i }
    $1 == b && $2 != "BACKEND" {
      c = cell("check_status"); sub(/^\* /, "", c)
      l = cell("check_code") + 0; t = cell("last_chk"); print $2 "|" cell("status") "|" c "|" (l ? l (t != "" ? " " t : "") : t)
    }'
}

# servers_now prints those of the running HAProxy so.
servers_now(){ echo 'show stat' | socat -t 10 - "UNIX-CONNECT:$admin" | servers; }

# well prints the names of those that it finds well.
well(){ servers_now | while IFS='|' read -r n s c _; do case $s,$c in UP*,L?OK* | DRAIN*,L?OK*) printf '%s ' "$n" ;; esac; done; }

# lost NAME... prints those that it knows and does not find well, and why. One that was not
# asked yet is none of them.
lost(){
  all=$(servers_now) || all=''
  for name; do
    printf '%s\n' "$all" | while IFS='|' read -r n s c l; do
      [ "$n" = "$name" ] || continue
      case $s,$c in UP*,L?OK* | DRAIN*,L?OK* | UP*,INI | UP*,UNK | UP*,) ;; *) printf ' %s (%s)' "$n" "$s $c${l:+, $l}" ;; esac
    done
  done
}
