echo "current $(readlink -- "$d/current" 2>/dev/null)"
echo "since $(stat -c %Y -- "$d/current" 2>/dev/null)"
[ ! -f "$d/current/.complete" ] || echo complete
p=$(systemctl show -p MainPID --value app.service 2>/dev/null)
[ "${p:-0}" -eq 0 ] || echo "running $(readlink -- "/proc/$p/cwd" 2>/dev/null)"
n=0; for r in "$d"/releases/*/.complete; do [ ! -f "$r" ] || n=$((n+1)); done; echo "kept $n"
