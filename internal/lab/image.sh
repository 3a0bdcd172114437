#!/bin/sh
set -eu
r=$1
for u in admin oper nosudo; do chroot "$r" useradd --create-home --shell /bin/bash "$u"; done
chroot "$r" usermod --append --groups sudo oper
echo oper:oper | chroot "$r" chpasswd
echo 'admin ALL=(ALL:ALL) NOPASSWD:ALL' > "$r/etc/sudoers.d/90-admin"
chmod 440 "$r/etc/sudoers.d/90-admin"
chroot "$r" systemctl enable systemd-networkd.service
# They only cost time in a container.
for u in systemd-networkd-wait-online.service getty@tty1.service console-getty.service; do
  ln -sf /dev/null "$r/etc/systemd/system/$u"
done
rm -f "$r/etc/apt/apt.conf.d/99mmdebstrap"
cat > "$r/etc/apt/apt.conf.d/01lab-proxy" <<'END'
// The lab's package cache is the hosts' only way to packages.
Acquire::http::Proxy "http://10.77.0.1:3142";
END
mkdir -p "$r/var/log/journal"
# Empty lists made just now would pass for a current index.
mkdir -p "$r/var/lib/apt/lists/partial"
touch -d 2000-01-01 "$r/var/lib/apt/lists" "$r/var/lib/apt/lists/partial"
# Each lab has its own host key; hostname and resolv.conf would be the building machine's.
rm -f "$r"/etc/ssh/ssh_host_* "$r/etc/hostname" "$r/etc/resolv.conf"
: > "$r/etc/machine-id"
rm -f "$r/var/lib/dbus/machine-id"
