# What a host says of its releases of the app: a line for each that it keeps (when it was
# built, its size in KiB, its name), which is in use, from which the app was started, and
# what became of them.
for d in "$site"/releases/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]; do
  is_ours "$d" && [ "$kind" = app ] || continue
  echo "kept $(stat -c %Y -- "$d/.complete") $(du -sk -- "$d" | cut -f 1) ${d##*/}"
done
at=$(readlink -- "$site/current") && echo "current ${at##*/}"
p=$(systemctl show -p MainPID --value app.service 2>/dev/null)
[ "${p:-0}" -eq 0 ] || { at=$(readlink -- "/proc/$p/cwd") && echo "running ${at##*/}"; }
if [ -f "$log" ]; then while IFS= read -r line; do echo "log $line"; done <"$log"; fi
