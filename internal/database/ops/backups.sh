# Says how the timer and the service of the backups are, when the $schedule elapses next,
# and which backups of $site lie in $dir, the newest $most of them: the size of each, and
# the first line of the file beside it, which has all but its tables. Changes nothing.
TZ=UTC systemctl show -p LoadState,ActiveState,NextElapseUSecRealtime -- foobar-backup.timer | sed 's/^/timer./'
systemctl show -p ActiveState,Result,ExecMainStartTimestampMonotonic -- foobar-backup.service | sed 's/^/service./'
TZ=UTC timeout 5 systemd-analyze calendar --iterations=8 -- "$schedule" 2>/dev/null | sed -n 's/.* \([0-9]*-[0-9]*-[0-9]* [0-9:]*\) UTC$/elapse=\1/p'
[ ! -f /etc/systemd/system/foobar-backup.timer ] || stat -c 'since=%Y' /etc/systemd/system/foobar-backup.timer
[ ! -f "$mark" ] || printf 'restoring=%s\n' "$(head -c 300 "$mark" | head -n 1)"
for f in "$dir/$site"-*"$ending"; do
  j=${f%"$ending"}.json
  [ ! -f "$f" ] || [ ! -f "$j" ] || printf 'about=%s %s\n' "$(stat -c %s -- "$f")" "$(head -n 1 -- "$j" | head -c 8192)"
done | tail -n "$most"
