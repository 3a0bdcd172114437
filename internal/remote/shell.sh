d=$(mktemp -d "$2/foobar.XXXXXX") || exit 1
k=
bye() { rm -rf "$d" ${k:+"$k"}; }
trap bye EXIT
trap "exit 1" HUP INT TERM PIPE
printf "\n%s %s %s\n" "$1" "$u" "$d"
run() {
  head -c "$n" 9>&- 7<&- | ( exec setsid -w /bin/sh -c ". /proc/self/fd/8" sh 8<&0 9>&- 7<&- </dev/null 2>&1 )
  printf "\n%s %s\n" "$t" "$?"
  echo over >"$d/$t"
}
while read -r v t n w; do
  printf "\n%s begin\n" "$t"
  case $v in
  run) run ;;
  lock | hold)
    lock "$@" 2>&1
    s=$?
    umask 022
    if [ "$v$s" = hold0 ]; then
      printf "\n%s held\n" "$t"
      run
    else
      [ "$v" = lock ] || head -c "$n" >/dev/null
      printf "\n%s %s\n" "$t" "$s"
    fi ;;
  *) exit 1 ;;
  esac
done
