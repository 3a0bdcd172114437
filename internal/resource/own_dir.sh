# own_dir INDEX PATH PATTERN...
own_dir(){
  if [ ! -e "$2" ] && [ ! -L "$2" ]; then o "$1" state absent; return; fi
  o "$1" state 'unknown could not look at it' # unless stat could
  if [ ! -d "$2" ] || [ -L "$2" ]; then return; fi
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
