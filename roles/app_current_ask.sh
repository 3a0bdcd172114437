# Whose the release is that is in use.
if [ -L "$link" ]; then
  if cd -P -- "$link" 2>/dev/null && is_ours "$PWD"; then echo ours; elif [ -e "$link" ]; then echo other; else echo nothing; fi
elif [ -e "$link" ]; then echo "no link"
else return 3; fi
