# known has what dpkg says of the packages in the arguments, a line for each that it knows;
# asked is set where it could say it. Its status is 1 where it does not know one.
packages() {
  known=$nl$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' -- "$@" 2>/dev/null)
  [ $? -le 1 ] && asked=1 || asked=''
}

# leaving asks apt about the packages in the arguments that are there and foobar's, all at
# once. clear is set where nothing else would go with them.
leaving() {
  for n; do
    shift
    case $known in
      *"$nl$n config-files$nl"* | *"$nl$n not-installed$nl"*) ;;
      *"$nl$n "*) [ ! -e "$notes/$n.agent" ] || set -- "$@" "$n" ;;
    esac
  done
  clear=1
  [ $# -eq 0 ] || [ -z "$(with_them "$@")" ] || clear=''
}

# with_them prints what apt would remove or install if it removed the packages in the
# arguments, or "!" and why it cannot say.
with_them() {
  plan=$(apt-get -s -o APT::Get::AutomaticRemove=false remove -- "$@" 2>&1) || {
    case $plan in *E:\ *) plan=E:\ ${plan#*E: } ;; esac
    printf '!%.400s' "$plan"
    return
  }
  printf '%s\n' "$plan" | while read -r what name _; do
    case $what in Inst | Remv | Purg) case " $* " in *" $name "*) ;; *) printf ' %s' "$name" ;; esac ;; esac
  done
}

# agent INDEX NAME GOES FILE...
agent() {
  i=$1 n=$2 goes=$3
  shift 3
  case $known in
    *"$nl$n "*)
      s=${known#*"$nl$n "}
      o "$i" status "${s%%"$nl"*}"
      ;;
  esac
  for f; do
    if [ -e "$f" ] || [ -L "$f" ]; then
      o "$i" file "$f"
      break
    fi
  done
  if [ -e "$notes/$n.agent" ]; then
    o "$i" ours yes
    [ -z "$goes" ] || [ "$clear" ] || o "$i" with "$(with_them "$n")"
  fi
  [ -z "$asked" ] || o "$i" state present
}
