# Makes $dir, where the backup $file and what is $about it are to lie, in the folder of
# the backups, which is left as it is: one that is not root's alone is somebody else's.
# Prints "have" where the file with the digest $sum is there, and else how many bytes the
# disk has room for.
if [ ! -e "$backups" ] && [ ! -L "$backups" ]; then foobar_dir 0700 root:root "$backups" 2>&1 && : >"$backups/$mark" || exit 1; fi
if [ -L "$backups" ] || [ "$(stat -c '%F %a %U' -- "$backups")" != 'directory 700 root' ]; then
  echo "$backups is not a folder of foobar's: it belongs to others"
  exit 1
fi
foobar_dir 0700 root:root "$dir" 2>&1 && cd "$dir" && rm -f -- *.part "$about" || exit 1
if [ -f "$file" ] && [ "$(sha256sum <"$file" | cut -c 1-64)" = "$sum" ]; then
  echo have
else
  rm -f -- "$file"
  df -B1 --output=avail . | tail -n 1
fi
