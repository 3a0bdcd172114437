# leaving asks apt about the packages in the arguments that are there and foobar's, all at
# once; $packages has what dpkg says of them. clear is set where nothing else would go with
# them.
leaving() {
  for n; do
    shift
    case $packages in
      *"${nl}package$tab$n${tab}config-files$tab"* | *"${nl}package$tab$n${tab}not-installed$tab"*) ;;
      *"${nl}package$tab$n$tab"*) [ ! -e "$notes/$n.agent" ] || set -- "$@" "$n" ;;
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
}
