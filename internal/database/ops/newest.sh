# Says the newest backup of $site in $dir: its size, and the first line of the file
# beside it, which has all but its tables. Changes nothing.
newest=
for f in "$dir/$site"-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T*Z"$ending"; do
  [ ! -f "${f%"$ending"}.json" ] || newest=$f
done
[ -z "$newest" ] || printf 'about=%s %s\n' "$(stat -c %s -- "$newest")" "$(head -n 1 -- "${newest%"$ending"}.json" | head -c 8192)"
