# Keeps how the file $f is in the folder $d, unless that was done before: a copy, or an empty
# file with .absent behind its name.
n=$d/${f##*/}
[ ! -e "$n" ] && [ ! -e "$n.absent" ] || exit 0
foobar_dir 0700 root:root "$d"
if [ -e "$f" ]; then
  cp -p -- "$f" "$d/new"
  mv -fT -- "$d/new" "$n"
else
  : >"$n.absent"
fi
