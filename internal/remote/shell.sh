d=$(mktemp -d "$2/foobar.XXXXXX") || exit 1
k=
bye() { rm -rf "$d"; [ -z "$k" ] || rm -f "$k"; }
trap bye EXIT
trap "exit 1" HUP INT TERM PIPE
printf "\n%s %s %s\n" "$1" "$u" "$d"
while read -r v t n w; do
  case $v in
  run)
    (umask 077; head -c "$n" >"$d/script")
    [ "$(wc -c <"$d/script")" -eq "$n" ] || exit 1
    printf "\n%s begin\n" "$t"
    # shellcheck disable=SC2094 # it is open by then
    ( rm -f "$d/script"; exec setsid -w /bin/sh -c ". /proc/self/fd/8" sh ) 8<"$d/script" 9>&- 7<&- </dev/null 2>&1
    printf "\n%s %s\n" "$t" "$?"
    rm -f "$d/$t" ;;
  lock)
    printf "\n%s begin\n" "$t"
    lock "$@" 2>&1
    printf "\n%s %s\n" "$t" "$?"
    umask 022 ;;
  *) exit 1 ;;
  esac
done
