# Whose the release is that is in use, and where the link to it leads.
if [ -L "$link" ]; then
  if cd -P -- "$link" 2>/dev/null && is_ours "$PWD"; then echo ours; elif [ -e "$link" ]; then echo other; else echo nothing; fi
  readlink -- "$link"
elif [ -e "$link" ]; then echo "no link"
else exit 3; fi
