# Tells what makes backups on this host to let it be, by $note, and has the server take what
# it once took, while less was refused, as the backup's check does: a dump has its tables as
# they were made. $note says how to end that. What $applies reads some of it at its start.
# Prints "busy" where a backup is being made.
[ -d /run/foobar ] || mkdir -m 0700 /run/foobar
[ -e "$note" ] || : >"$note"
case $(systemctl show -p ActiveState --value "$unit") in active | activating | deactivating) echo busy; exit 0 ;; esac
if [ ! -s "$note" ]; then
  strict_sql | "${client[@]}" -B -N -r >"$note.new"
  mv -- "$note.new" "$note"
fi
# Who has told it to stop also starts it, though that takes long and this script is ended.
{ lenient_sql; [ -z "$applies" ] || applier_sql; } | setsid "${client[@]}"
