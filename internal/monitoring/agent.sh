# What dpkg says of the packages in the arguments. Its status is 1 where one was never there.
known=$nl$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' -- "$@" 2>/dev/null)
[ $? -le 1 ] && asked=1 || asked=''

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
    [ -z "$goes" ] || o "$i" with "$(with_it)"
  fi
  [ -z "$asked" ] || o "$i" state present
}

# with_it prints what apt would remove or install if it removed $n.
with_it() {
  plan=$(apt-get -s -o APT::Get::AutomaticRemove=false remove -- "$n" 2>/dev/null) || { printf ' %s' 'apt finds no way'; return; }
  printf '%s\n' "$plan" | while read -r what name _; do
    case $what in Inst | Remv | Purg) [ "$name" = "$n" ] || printf ' %s' "$name" ;; esac
  done
}
