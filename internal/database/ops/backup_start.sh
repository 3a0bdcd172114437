# Starts the backup's unit $u. The file says that it was asked for: whose turn it is
# does not matter.
[ "$(systemctl show -p LoadState --value "$u")" = loaded ] || { echo "result not-found"; exit 0; }
[ -d /run/foobar-backup ] || mkdir -m 0700 /run/foobar-backup
: >/run/foobar-backup/now
systemctl reset-failed "$u" 2>/dev/null
systemctl start --no-block "$u" || { rm -f /run/foobar-backup/now; echo "result could not be started"; exit 0; }
