section ports
if command -v ss >/dev/null; then
  echo seen
  timeout 10 ss -ltnpH 2>/dev/null | head -n 500 >"$d/ports"
  timeout 10 ss -lunpH 2>/dev/null | head -n 500 >>"$d/ports"
  cat "$d/ports"
  for p in $(grep -o 'pid=[0-9]*' "$d/ports" | sort -u | head -n 300); do
    p=${p#pid=}
    echo "pid $p $(sed -n '$s/.*\///p' "/proc/$p/cgroup" 2>/dev/null)"
  done
fi
if [ -r /etc/ufw/before.rules ]; then
  while IFS= read -r line; do
    case $line in '# Written by foobar'*) echo ours ;; *'-input -i lo '*REJECT*) echo strict ;; esac
  done </etc/ufw/before.rules
fi
section sockets; timeout 10 systemctl list-sockets --no-legend --plain --no-pager 2>/dev/null | head -n 200
