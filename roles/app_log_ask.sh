# What became of the release $id when it was last switched to, and whether the one in use
# was gone back to.
failed='' back=''
if [ -f "$log" ]; then
  while read -r at word name who; do
    case $word/$name in failed/"$id") failed=$at ;; switched/"$id" | back/"$id") failed='' ;; esac
    case $word in back) back="$at $name $who" ;; switched) back='' ;; esac
  done <"$log"
fi
[ -z "$failed" ] || echo "failed $failed"
[ -z "$back" ] || echo "back $back"
