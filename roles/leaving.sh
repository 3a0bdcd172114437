# Removes the folders and files in the arguments, and foobar's releases in $site. What is
# mounted there stays mounted; links are not followed.
linked=''
if [ -L "$site" ] || [ -L "$site/releases" ]; then linked=1; echo "$site is a link, and stays with what it leads to"; fi
for f; do
  [ "$f" != "$backups" ] || [ -f "$f/$mark" ] || continue
  [ -e "$f" ] || continue
  if [ "$linked" ] && [ "$f" = "$site" ]; then continue; fi
  foobar_parent "$f"
  if [ ! -L "$f" ] && [ "$(mounted "$f")" ]; then going "$f" -delete; else rm -rf --one-file-system -- "$f"; fi
done
if [ ! "$linked" ]; then
  [ ! -L "$site/current" ] || foobar_gone "$site/current"
  case $(readlink -- "$site/beside") in releases/*) foobar_gone "$site/beside" ;; esac
  for f in "$site"/releases/[0-9a-f]*; do ! is_ours "$f" || rm -rf --one-file-system -- "$f"; done
  rmdir -- "$site/releases" "$site" 2>/dev/null || :
fi
for f in $units; do systemctl reset-failed -- "$f" 2>/dev/null || :; done
systemctl try-restart -- rsyslog.service 2>/dev/null || :
