# Runs the app's migrations (commands) in a new release (dir), as the app (user) and in its
# sandbox, with the file of their environment, in at most so many seconds. Only when they
# went well the release (id) is noted in mark. The commands are in the environment, since
# systemd would fill in a ${NAME} in the command line.
python=/usr/bin/python3
[ ! -x "$dir/venv/bin/python" ] || python=$dir/venv/bin/python
# One that a run left behind ends first: two at a time would get in each other's way.
systemctl stop foobar-migrate.service 2>/dev/null || :
read -r began _ </proc/uptime
# shellcheck disable=SC2016
systemd-run -q --wait --pipe --collect --service-type=exec --unit=foobar-migrate \
  -p User="$user" -p Group="$user" -p UMask=0077 -E HOME="/var/lib/$user" -E PYTHONNOUSERSITE=1 -E PYTHONUNBUFFERED=1 -E PYTHONDONTWRITEBYTECODE=1 -E LC_ALL=C.UTF-8 -E FOOBAR_COMMANDS="$commands" \
  -p EnvironmentFile="$environment" -p WorkingDirectory="$dir" -p StateDirectory="$user" -p RuntimeMaxSec="$seconds" \
  -p ProtectSystem=strict -p ProtectHome=yes -p PrivateTmp=yes -p PrivateDevices=yes -p NoNewPrivileges=yes -p CapabilityBoundingSet= \
  -p ProtectProc=invisible -p ProtectKernelTunables=yes -p ProtectKernelModules=yes -p ProtectKernelLogs=yes -p ProtectControlGroups=yes \
  -p ProtectClock=yes -p ProtectHostname=yes -p RestrictNamespaces=yes -p RestrictRealtime=yes -p RestrictSUIDSGID=yes \
  -p LockPersonality=yes -p KeyringMode=private -p LimitNOFILE=65536 -p 'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK' -p MemoryMax=50% \
  -p SystemCallArchitectures=native -p SystemCallFilter=@system-service -p SystemCallErrorNumber=EPERM -p TimeoutStopSec=5s \
  -- /bin/sh -euc 'mkdir /tmp/bin && ln -s "$1" /tmp/bin/python && export PATH="$PWD/venv/bin:/tmp/bin:$PATH" && exec /bin/sh -ec "$FOOBAR_COMMANDS"' sh "$python" </dev/null >&2 || {
  read -r ended _ </proc/uptime
  [ $((${ended%.*} - ${began%.*})) -lt "$seconds" ] || echo "they were ended after $seconds seconds, which is as long as they may take (app.step_timeout); the database may still be at work on the last statement" >&2
  echo "the migrations failed; no server has switched to release $id" >&2
  exit 1
}
foobar_parent "$mark"
printf '%s\n' "$id" >"$mark.new"
mv -fT -- "$mark.new" "$mark"
