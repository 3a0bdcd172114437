section system
echo "init $(cat /proc/1/comm)"
[ -d /run/systemd/system ] && echo "systemd $(systemctl --version 2>/dev/null | { read -r _ v _; echo "$v"; })"
if [ -e /run/systemd/timesync/synchronized ]; then echo "synchronised yes"
elif command -v chronyc >/dev/null && timeout 5 chronyc -n tracking 2>/dev/null | grep -q '^Leap status *: Normal'; then echo "synchronised yes"
elif command -v ntpq >/dev/null && timeout 5 ntpq -n -c rv 2>/dev/null | grep -q 'leap_none'; then echo "synchronised yes"; fi
section reboot; [ ! -e /run/reboot-required ] || { echo pending; head -n 20 /run/reboot-required.pkgs 2>/dev/null; }
