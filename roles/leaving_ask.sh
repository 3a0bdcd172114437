# Which of the folders and files in the arguments are there, and which releases of foobar's
# are in $site.
for f; do
  [ "$f" != "$backups" ] || [ -f "$f/$mark" ] || continue
  if [ "$f" = "$site" ] && [ -L "$f" ]; then continue; fi
  if mountpoint -q -- "$f" && [ -z "$(ls -A -- "$f")" ]; then continue; fi
  [ ! -e "$f" ] || printf '%s\n' "$f"
done
if [ ! -L "$site" ] && [ ! -L "$site/releases" ]; then
  for f in "$site"/releases/[0-9a-f]*; do ! is_ours "$f" || printf '%s\n' "$f"; done
  [ ! -L "$site/current" ] || printf '%s\n' "$site/current"
fi
