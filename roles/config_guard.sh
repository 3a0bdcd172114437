# A new configuration with which all must be well that was well before; else the files that
# are the arguments come back from the folder $kept, where there is a copy of them, and one
# that was not there (NAME.absent) goes. Where the first was not there nothing comes back. Whose
# configuration it is brings the functions: reload has what runs take it in, well prints
# what is well, lost NAME... which of these are not well and why, settle waits for them,
# count looks at what a reload resets. Sentences are in $worse, $worse_before and $as_before.

# was_there FILE... succeeds when files were kept, and the first, which is what the others
# belong to, was there before.
was_there(){ [ -d "$kept" ] && [ ! -e "$kept/${1##*/}.absent" ]; }

# put_back FILE... puts the copies in the place of the files, and reloads.
put_back(){
  was_there "$@" || { echo "no copy was kept of the configuration before it, so it stays"; exit 1; }
  for f; do
    if [ -f "$kept/${f##*/}" ]; then cp -p -- "$kept/${f##*/}" "$f.foobar-old" && mv -fT -- "$f.foobar-old" "$f"
    elif [ -e "$kept/${f##*/}.absent" ]; then rm -f -- "$f"; fi
  done
  count
  if reload; then
    rm -rf -- "$kept"
    settle
    count
    # shellcheck disable=SC2086
    still=$(lost $before)
    if [ -n "$still" ]; then echo "the configuration before it is back, and $worse_before$still"
    else echo "the configuration before it is back, and $as_before"; fi
  else
    echo "it was not taken with the configuration before it either"
    exit 1
  fi
  taken_back
}

guarded(){
  before=$(well)
  count
  if reload; then
    [ -n "$before" ] || return 0
    settle
    count
    # shellcheck disable=SC2086
    bad=$(lost $before)
    [ -n "$bad" ] || return 0
    echo "$worse$bad"
  else
    was_there "$@" || return 1
  fi
  put_back "$@"
}
