# Starts the unit $u, which loads a backup with the script that the function load prints.
umask 077
[ -d /run/foobar ] || mkdir -m 0700 /run/foobar
load >/run/foobar/restore.sh
systemctl reset-failed "$u" 2>/dev/null
rm -f /run/foobar/restore.ok
systemd-run -q --unit="$u" --no-block -p Type=oneshot -p RemainAfterExit=no -p PrivateTmp=yes /bin/bash /run/foobar/restore.sh || { echo "result could not be started"; exit 0; }
