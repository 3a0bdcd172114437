# Takes the app back to what was kept of it: its files (the arguments), the release in use
# and, where it had its turn (ran), what runs. The last line says to which release, behind
# $reverted; nothing behind it means that there is none.
back(){
  id=''
  if [ -e "$keeping" ] && [ ! -e "$kept" ] && (is_ours "$(readlink -f -- "$site/current")"); then # nothing was changed
    rm -f -- "$keeping"
    id=$(readlink -- "$site/current")
    echo "$reverted release ${id##*/}"
    return 0
  fi
  if [ -f "$kept/current" ]; then read -r id <"$kept/current"; id=${id#releases/}; fi
  if [ -z "$id" ] || ! is_ours "$site/releases/$id"; then
    echo "$reverted"
    return 0
  fi
  turn_socket=''
  for file; do
    [ -f "$kept/${file##*/}" ] && ! cmp -s -- "$kept/${file##*/}" "$file" || continue
    foobar_parent "$file"
    cp -p -- "$kept/${file##*/}" "$file.foobar-old"
    mv -fT -- "$file.foobar-old" "$file"
    [ "${file##*/}" != "$socket" ] || turn_socket=1
  done
  was=$(readlink -- "$site/current" || :)
  if [ "$was" != "releases/$id" ]; then
    point "$id"
    note failed "${was##*/}"
  fi
  # A copy has the time of what it was made of: systemd, which only looks for files newer than
  # those it has read, would go on with the unit that failed.
  [ ! "$unit" ] || systemctl daemon-reload
  if [ "$unit" ] && [ "$ran" ]; then
    [ ! "$turn_socket" ] || systemctl restart -- "$socket"
    ( turn_back )
    sha256sum -- "$site/releases/$id/.complete" >>"/run/foobar/$unit" # as a deploy of that release has it
    for worker in /run/foobar/app-worker-*.service; do
      [ -f "$worker" ] && systemctl is-enabled -q -- "${worker##*/}" || continue # one that was given up stays so
      systemctl restart -- "${worker##*/}" || continue # it had no part in what failed, and the next plan sees it
      sha256sum -- "$site/releases/$id/.complete" >>"$worker"
    done
  fi
  echo "$reverted release $id"
}
