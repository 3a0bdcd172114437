# What HAProxy asks each web server for: the map $checks has a line for each, the server's
# name and then host and path, as in www.example.com/healthz.

# asked NAME prints what a server is asked for after a reload, nothing where no line says it.
asked(){
  [ -r "$checks" ] || return 0
  while read -r n c; do [ "$n" != "$1" ] || { printf '%s\n' "$c"; return; }; done <"$checks"
}

# ask_for NAME CHECK has HAProxy ask a server for something else, at once and after a reload.
# An HAProxy that has no such map yet asks all for what its configuration says.
ask_for(){
  said=$(printf '%s\n' "set map $checks $1 $2" | socat -t 10 - "UNIX-CONNECT:$admin")
  case $said in
  '') ;;
  *'Unknown map'*) return 0 ;;
  *'not found'*) tell "add map $checks $1 $2" ;;
  *) echo "HAProxy does not take what it is to ask $1 for: $said"; return 1 ;;
  esac
  (
    umask 022
    while read -r n c; do [ "$n" = "$1" ] || printf '%s %s\n' "$n" "$c"; done <"$checks" >"$checks.new"
    printf '%s %s\n' "$1" "$2" >>"$checks.new"
    mv -fT -- "$checks.new" "$checks"
  )
}

# answers ADDRESS NAME CHECK asks a server as HAProxy would, over TLS with the NAME in its
# certificate, and prints how it answers. It succeeds when that is well.
answers(){
  got=$(printf 'GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "${3#*/}" "${3%%/*}" |
    timeout 5 openssl s_client -quiet -connect "$1" -servername "$2" -verify_hostname "$2" -verify_return_error -CAfile "$ca" 2>/dev/null |
    head -c 100 | head -n 1 | tr -d '\r')
  case $got in HTTP/1.[01]\ [1-5][0-9][0-9]*) printf '%s\n' "${got#* }" ;; *) echo "no answer" ;; esac
  case $got in HTTP/1.[01]\ 2[0-9][0-9]*) ;; *) return 1 ;; esac
}

# back NAME ADDRESS INTERNAL CHECK SECONDS puts a server back into service, which answers CHECK
# by now, and ends the script well where HAProxy does not run or does not have it. Where HAProxy
# has asked it for something else, its health has to be shown anew: what it answered to the old
# question says nothing of the new one.
back(){
  was=$(asked "$1") question=$4
  [ "$was" != "$4" ] || was=''
  if [ -n "$was" ]; then
    known "$1"
    tables=''
    ( umask 077 && printf '%s %s\n' "$1" "$was" >>"$checks.before" )
    ask_for "$1" "$4"
    if [ "$out" != 0 ]; then
      tell "set server $backend/$1 health down"
    elif answers "$2" "$3" "$4" >/dev/null; then # the only one: each second counts
      tell "set server $backend/$1 health up"
    fi
  fi
  [ -S "$admin" ] || exit 0
  told "set server $backend/$1 state ready" if-known
  late=''
  not_up "$1"
  [ -n "$bad" ] || return 0
  tables='' r=0 # they are old by the time that it is up
  ( wait_up "$5" "$1" ) || r=$?
  [ $r -ne 0 ] || return 0
  [ -n "$was" ] || exit $r
  ask_for "$1" "$was"
  echo "$1 does not answer $4 ($(answers "$2" "$3" "$4" || :)); HAProxy asks it for $was again"
  unanswered
}

# again NAME SECONDS puts a server back into service, which runs what it ran before this
# run, and is asked for what it was asked for then.
again(){
  was=$(awk -v n="$1" '$1 == n { print $2; exit }' "$checks.before" 2>/dev/null || :)
  [ -z "$was" ] || ask_for "$1" "$was"
  question=$(asked "$1")
  told "set server $backend/$1 state ready"
  wait_up "$2" "$1"
}

# failing prints the servers among the arguments, four of each as switch has them, that
# do not answer what they are to be asked for. Only those in $now are asked.
failing(){
  while [ $# -gt 0 ]; do
    case $now in *" $1 "*) how=$(answers "$2" "$3" "$4") || printf ' %s (%s to %s)' "$1" "$how" "$4" ;; esac
    shift 4
  done
}

# switch SECONDS WATCH NAME ADDRESS INTERNAL CHECK... has HAProxy ask all these servers for
# something else, or none. Those that are in use must answer it before, within SECONDS; for
# WATCH seconds HAProxy must find them well after it.
switch(){
  end=$(($(ticks) + $1)) watch=$2 now=" $(well)" names='' old=''
  shift 2
  map=$(echo "show map $checks" | socat -t 10 - "UNIX-CONNECT:$admin") n=$(($# / 4))
  while [ $n -gt 0 ]; do # those that were put back into service since the plan are asked already
    n=$((n - 1))
    [ "$(asked "$1")" = "$4" ] && printf '%s\n' "$map" | awk -v n="$1" -v c="$4" '$2 == n && $3 == c { found = 1 } END { exit !found }' ||
      set -- "$@" "$1" "$2" "$3" "$4"
    shift 4
  done
  [ $# -gt 0 ] || return 0
  while bad=$(failing "$@") && [ -n "$bad" ]; do
    [ "$(ticks)" -lt $end ] || { echo "HAProxy goes on with the old health check: not all servers answer the new one:$bad"; unanswered; }
    sleep 0.5
  done
  end=$(($(ticks) + watch))
  while [ $# -gt 0 ]; do
    was=$(asked "$1")
    ask_for "$1" "$4"
    case $now in *" $1 "*) names="$names $1" old="$old$1 ${was:-$4}
" ;; esac
    shift 4
  done
  while :; do
    # shellcheck disable=SC2086 # names
    bad=$(lost $names)
    [ -z "$bad" ] && [ "$(ticks)" -le $end ] || break
    sleep 0.3
  done
  [ -n "$bad" ] || return 0
  printf '%s' "$old" | while read -r n c; do ask_for "$n" "$c"; done
  echo "HAProxy goes on with the old health check: with the new one some servers are unhealthy:$bad"
  unanswered
}
