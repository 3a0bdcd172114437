# note WORD RELEASE [WHO] adds a line to what became of releases on this host, of which the
# last ones are kept: switched, failed (and taken back) or back (by whom).
note(){
  { [ ! -f "$log" ] || tail -n 199 -- "$log"; printf '%s %s %s %s\n' "$(date +%s)" "$1" "$2" "${3-}"; } | foobar_put 0600 root:root "$log"
}

# point RELEASE makes it the one in use.
point(){
  foobar_parent "$site/current"
  ln -sfT -- "releases/$1" "$site/current.foobar-new"
  mv -fT -- "$site/current.foobar-new" "$site/current"
}
