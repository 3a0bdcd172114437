# Ends what restore_hush.sh has begun.
if [ -s "$note" ]; then
  { cat -- "$note"; [ -z "$applies" ] || applier_sql; } | "${client[@]}"
fi
rm -f -- "$note" "$note.new"
