# Which of the files, folders and links in the arguments are not there; $sums has the
# digests of the others.
i=0
for p; do
  [ -L "$p" ] || [ -e "$p" ] || o $i state absent
  i=$((i+1))
done
# want INDEX SUM PATH sends the first $most bytes where they differ, so that to show what
# differs costs no second trip.
want(){
  [ -f "$3" ] && [ ! -L "$3" ] || return 0
  case "$sums" in *"$2  $3"*) return 0 ;; esac
  t "$1" content; head -c "$most" -- "$3" 2>/dev/null; e
}
# public INDEX PATH sends them where an account without any right can read them, the
# folders above included.
public(){
  [ -f "$2" ] && [ ! -L "$2" ] || return 0
  t "$1" content; setpriv --reuid=65534 --regid=65534 --clear-groups -- head -c "$most" -- "$2" 2>/dev/null; e
}
