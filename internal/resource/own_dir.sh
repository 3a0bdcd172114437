# own_dir INDEX PATH PATTERN..., with a line of stat for each folder in $stats.
own_dir(){
  if [ -L "$2" ]; then o "$1" type 'symbolic link'; o "$1" state present; return; fi
  [ -e "$2" ] || { o "$1" state absent; return; }
  s=${stats#*"$nl$2/ "}
  [ "$s" != "$stats" ] || { o "$1" state "unknown could not look at it"; return; }
  s=${s%%"$nl"*}
  o "$1" mode "${s%% *}"; s=${s#* }; o "$1" owner "${s%% *}"; o "$1" type "${s#* }"; o "$1" state present
  [ -d "$2" ] || return 0
  if [ -f "$2/$own" ] && [ ! -L "$2/$own" ] && [ -O "$2/$own" ]; then o "$1" mark yes; else others "$@"; fi
}
# others INDEX PATH PATTERN... names up to three that are not foobar's.
others(){
  i=$1 d=$2 n=0 names=
  shift 2
  for f in "$d"/* "$d"/.[!.]* "$d"/..?*; do
    [ -e "$f" ] || [ -L "$f" ] || continue
    if is_own "${f##*/}" "$@"; then continue; fi
    n=$((n+1)); [ $n -gt 3 ] || names="$names${names:+, }${f##*/}"
  done
  [ $n -le 3 ] || names="$names and $((n-3)) more"
  [ -z "$names" ] || o "$i" others "$names"
}
# is_own NAME PATTERN...
is_own(){
  name=$1
  shift
  for p in "$@" "$own" lost+found; do
    # shellcheck disable=SC2254 # it is a pattern
    case $name in $p) return 0 ;; esac
  done
  return 1
}
