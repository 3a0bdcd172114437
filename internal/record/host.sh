[ ! -f "$1" ] || tail -n "$2" "$1" | head -c 2000000
shift 2
for f; do
  if [ -O "$f" ] && [ ! -L "$f" ] && grep -q ":$(stat -c %i "$f") " /proc/locks; then printf '\nheld\n'; break; fi
done
