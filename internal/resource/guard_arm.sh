# Saves the old state in the folder $d and starts the timer of $unit, which runs the script
# $undo there after $within seconds.
[ -d "$d" ] || foobar_dir 0700 root:root "$d"
foobar_parent "$d/undo"
systemctl stop "$unit.timer" 2>/dev/null || :
systemctl reset-failed "$unit.service" 2>/dev/null || :
if [ ! -e "$d/saved" ]; then
  rm -rf "${d:?}"/*
  ( umask 077; cd "$d"; save )
  printf '%s\n' "$undo" >"$d/undo"
  : >"$d/saved"
fi
systemd-run -q --collect --unit="$unit" --on-active="$within" --timer-property=AccuracySec=1s /bin/sh "$d/undo"
