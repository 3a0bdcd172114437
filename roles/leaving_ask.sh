# Which of the folders and files in the arguments are there, and which releases of foobar's
# are in $site. Where something is mounted, what goes of it counts.
for f; do
  [ "$f" != "$backups" ] || [ -f "$f/$mark" ] || continue
  if [ "$f" = "$site" ] && [ -L "$f" ]; then continue; fi
  if [ ! -L "$f" ] && [ "$(mounted "$f")" ] && [ -z "$(going "$f" -print -quit)" ]; then continue; fi
  [ ! -e "$f" ] || printf '%s\n' "$f"
done
if [ ! -L "$site" ] && [ ! -L "$site/releases" ]; then
  for f in "$site"/releases/[0-9a-f]*; do ! is_ours "$f" || printf '%s\n' "$f"; done
  [ ! -L "$site/current" ] || printf '%s\n' "$site/current"
  case $(readlink -- "$site/beside") in releases/*) printf '%s\n' "$site/beside" ;; esac
fi
