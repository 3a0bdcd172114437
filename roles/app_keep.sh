# How the app is that runs: before any of it changes, its files (the arguments) and the
# release in use are kept in the folder $kept, to go back to.
#
# What counts is what the unit $unit had loaded when it was last ready, by its stamp and that
# of $socket: it is on disk, or was kept by an earlier run that was cut off. Since a boot
# there is no stamp, and what was not changed since then counts. A host without the unit
# has the release alone.

# loaded FILE PATH succeeds when FILE, whose digest is in $sums, is what was loaded as PATH.
loaded(){
  [ -f "$1" ] || return 1
  if [ -z "$known" ]; then
    [ "$(stat -c %Z -- "$1")" -lt "$boot" ]
    return
  fi
  sum=${sums%%"  $1$nl"*}
  [ "$sum" != "$sums" ] || return 1
  case $nl$known$nl in *"$nl${sum##*"$nl"}  $2$nl"*) return 0 ;; esac
  return 1
}

# same FILE FILE compares by $sums, where it has both.
same(){
  one=${sums%%"  $1$nl"*} other=${sums%%"  $2$nl"*}
  if [ "$one" = "$sums" ] || [ "$other" = "$sums" ]; then cmp -s -- "$1" "$2"; return; fi
  [ "${one##*"$nl"}" = "${other##*"$nl"}" ]
}

# keep FILE... keeps them.
keep(){
  [ ! -e "$keeping" ] || rm -f -- "$keeping"
  [ -L "$site/current" ] && [ -f "$site/current/.complete" ] || return 0
  link=$(readlink -- "$site/current") known='' earlier='' sums='' boot=0 nl='
'
  [ ! -f "$kept/current" ] || read -r earlier <"$kept/current"
  if [ "$unit" ]; then
    [ ! -e "/run/foobar/$unit.unready" ] || return 0
    [ ! -f "/run/foobar/$unit" ] || known=$(cat -- "/run/foobar/$unit" "/run/foobar/$socket" /run/foobar/app-worker-*.service 2>/dev/null || :)
    while read -r key value; do [ "$key" != btime ] || boot=$value; done </proc/stat
    [ -z "$known" ] || sums=$(sha256sum -- "$@" "$kept"/* "$site/current/.complete" "$site/${earlier:-current}/.complete" 2>/dev/null || :)$nl
    if ! loaded "$site/current/.complete" "$site/current/.complete" && [ "$earlier" ] && loaded "$site/$earlier/.complete" "$site/current/.complete"; then link=$earlier; fi
  fi
  # A copy of how the app was before that goes first: where the disk is too full for another
  # one, there is none to take for it. back is told by $keeping that nothing has changed.
  stale=''
  [ "$earlier" = "$link" ] || stale=yes
  for file; do
    ! loaded "$file" "$file" || same "$file" "$kept/${file##*/}" || stale=yes
  done
  [ -d "${keeping%/*}" ] || foobar_dir 0700 root:root "${keeping%/*}"
  : >"$keeping"
  [ -z "$stale" ] || rm -rf -- "$kept"
  [ ! -e "$kept.new" ] && [ ! -L "$kept.new" ] || rm -rf -- "$kept.new"
  foobar_dir 0700 root:root "$kept.new"
  for file; do
    shift
    if ! loaded "$file" "$file" && loaded "$kept/${file##*/}" "$file"; then file=$kept/${file##*/}; fi
    [ ! -f "$file" ] || set -- "$@" "$file"
  done
  [ $# = 0 ] || cp -p -- "$@" "$kept.new/"
  printf '%s\n' "$link" >"$kept.new/current"
  [ ! -e "$kept" ] && [ ! -L "$kept" ] || rm -rf -- "$kept"
  mv -T -- "$kept.new" "$kept"
  rm -f -- "$keeping"
}
