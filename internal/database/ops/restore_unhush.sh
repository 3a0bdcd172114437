# Ends what restore_hush.sh has begun.
if [ -s "$note" ]; then
  { cat -- "$note"; [ -z "$applies" ] || applier_sql; } | setsid "${client[@]}" # as restore_hush.sh
fi
rm -f -- "$note" "$note.new"
