# Whose the release is that is in use, and where the link to it leads.
if [ -L "$link" ]; then
  at=$(readlink -f -- "$link") || at=
  if [ -n "$at" ] && is_ours "$at"; then echo ours; elif [ -e "$link" ]; then echo other; else echo nothing; fi
  readlink -- "$link"
elif [ -e "$link" ]; then echo "no link"
else exit 3; fi
