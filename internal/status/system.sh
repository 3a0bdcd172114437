section system
( . /etc/os-release; printf 'os %s\n' "$PRETTY_NAME" )
read -r kernel </proc/sys/kernel/osrelease; echo "kernel $kernel"
read -r up _ </proc/uptime; echo "uptime $up"
read -r load _ </proc/loadavg; echo "load $load"
echo "cpus $(nproc)"
while read -r k v _; do case $k in MemTotal:|MemAvailable:) echo "$k $v" ;; esac; done </proc/meminfo
# The folders $@ may have file systems of their own, and one that hangs hides no other.
section disk; timeout 5 df -Pk / /var /var/log /srv 2>/dev/null; timeout 5 df -Pk -- "$@" 2>/dev/null
section inodes; timeout 5 df -Pi / /var /var/log /srv 2>/dev/null; timeout 5 df -Pi -- "$@" 2>/dev/null
section reboot; [ ! -e /run/reboot-required ] || { echo pending; head -n 50 /run/reboot-required.pkgs 2>/dev/null; }
section kernels; echo "$kernel"
{ echo "$kernel"; for k in /boot/vmlinuz-*; do [ ! -e "$k" ] || echo "${k#/boot/vmlinuz-}"; done; } | sort -V | head -n 100
read -r build </proc/sys/kernel/version; echo "runs $build"
echo "installed $(dpkg-query -W -f '${Version}' "linux-image-$kernel" 2>/dev/null)"
section failed; timeout 10 systemctl list-units --state=failed --plain --no-legend --no-pager 2>/dev/null | head -n 50
