# Keeps the file $f in the folder $d as it is now, or notes that it is not there; only the
# first time, before anything replaces it.
n=$d/${f##*/}
[ ! -e "$n" ] && [ ! -e "$n.absent" ] || exit 0
foobar_dir 0700 root:root "$d"
if [ -e "$f" ]; then cp -p -- "$f" "$d/new" && mv -fT -- "$d/new" "$n"; else : >"$n.absent"; fi
