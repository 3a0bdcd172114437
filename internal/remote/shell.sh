d=$(mktemp -d "$2/foobar.XXXXXX") || exit 1
k=
bye() { rm -rf "$d" ${k:+"$k"}; }
trap bye EXIT
trap "exit 1" HUP INT TERM PIPE
printf "\n%s %s %s\n" "$1" "$u" "$d"
while read -r v t n w; do
  case $v in
  run)
    printf "\n%s begin\n" "$t"
    head -c "$n" 9>&- 7<&- | ( exec setsid -w /bin/sh -c ". /proc/self/fd/8" sh 8<&0 9>&- 7<&- </dev/null 2>&1 )
    printf "\n%s %s\n" "$t" "$?"
    echo over >"$d/$t" ;;
  lock)
    printf "\n%s begin\n" "$t"
    lock "$@" 2>&1
    printf "\n%s %s\n" "$t" "$?"
    umask 022 ;;
  *) exit 1 ;;
  esac
done
