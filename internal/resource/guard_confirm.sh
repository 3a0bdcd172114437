# Stops the timer of $unit, unless the change was undone meanwhile.
if ! systemctl is-active -q "$unit.timer" || [ ! -e "$d/saved" ]; then
  echo "the change was undone before it was confirmed (deploy.confirm_timeout is $within s)"
  late
fi
systemctl stop "$unit.timer"
