# Starts the unit $u with the function start, unless it runs, prints what it says until
# it ends ("said …"), and how it ended ("result …").
state(){ systemctl show -p ActiveState --value "$u"; }
id(){ systemctl show -p InvocationID --value "$u"; }
case $(state) in
  activating|active|deactivating) echo "said it is under way already" ;;
  *) old=$(id)
    start
    i=0
    while [ "$(id)" = "$old" ] && [ $i -lt 100 ]; do i=$((i+1)); sleep 0.1; done ;;
esac
id=$(id)
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT
look(){ journalctl -q --no-pager -o cat --cursor-file="$d/cursor" "_SYSTEMD_INVOCATION_ID=$id" 2>/dev/null | cut -b 1-2000 | sed 's/^/said /'; }
while :; do
  s=$(state)
  look
  case $s in activating|active|deactivating) sleep 0.5 ;; *) break ;; esac
done
journalctl --sync 2>/dev/null; look
echo "result $(systemctl show -p Result --value "$u")"
