nl='
'
modes() { seen=$nl$(stat -c "%a %n" "$@" 2>/dev/null)$nl; }
ours() {
  [ ! -L "$1" ] && [ -O "$1" ] && case $seen in *$2" $1$nl"*) ;; *) return 1 ;; esac
}
chain() {
  c='' p=$1
  while [ "${p:-0}" -gt 1 ]; do
    c="$c${c:+ }$p" q=$p p=
    while read -r y z; do [ "$y" != PPid: ] || { p=$z; break; }; done 2>/dev/null <"/proc/$q/status"
  done
}
orphan() {
  [ -f "$1" ] && [ -O "$1" ] && [ ! -L "$1" ] || return 1
  { read -r _; read -r e; read -r a; } <"$1" || return 1
  s=${a%% *}
  [ -n "$s" ] && [ -d "/proc/$s" ] || return 1
  chain "$s"
  [ "$c" != "$a" ] || return 1
  kill -9 "$s"
  for s in "$e"/*; do
    case $s in */script) ;; *) [ ! -f "$s" ] || kill -9 -- "-$(cat "$s")" ;; esac
  done
  rm -rf "$e"
}
take() {
  flock -n "$1" || { orphan "$2.info" && flock -w 5 "$1"; } || flock "$w" "$1" && return
  modes "$2.info"
  ! ours "$2.info" || head -n 1 "$2.info" | head -c 1024
  return 1
}
lock() {
  IFS= read -r i
  f=$2/foobar/lock o=$2/lock/foobar.lock
  [ -z "$k" ] || return 0
  [ -e "$2/foobar" ] || mkdir -m 0700 "$2/foobar" || return 2
  modes "$2/foobar" "$o"
  [ -d "$2/foobar" ] && ours "$2/foobar" "[0145][0145]" || { echo "$2/foobar, where the lock lies, is not a folder that only root can change"; return 3; }
  umask 077
  command exec 9>>"$f" || return 2
  take 9 "$f" || { exec 9>&-; return 1; }
  if [ -d "$2/lock" ] && [ ! -e "$o" ] && [ ! -L "$o" ]; then
    k=$(mktemp "$2/lock/foobar.XXXXXX") && { ln -T "$k" "$o"; rm -f "$k"; }
  fi 2>/dev/null
  k=
  if [ -f "$o" ] && { ours "$o" 00 || { modes "$o"; ours "$o" 00; }; }; then
    command exec 7<"$o" && take 7 "$o" || { exec 9>&- 7<&-; return 1; }
    [ ! -e "$o.info" ] || rm -f "$o.info"
  fi
  chain $$
  k=$f.info
  printf "%s\n%s\n%s\n" "$i" "$d" "$c" >"$k"
}
