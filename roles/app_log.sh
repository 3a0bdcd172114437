# note WORD RELEASE [WHO] adds a line to what became of releases on this host, of which the
# last ones are kept: switched, failed (and taken back) or back (by whom).
note(){
  { [ ! -f "$log" ] || tail -n 199 -- "$log"; printf '%s %s %s %s\n' "$(date +%s)" "$1" "$2" "${3-}"; } | foobar_put 0600 root:root "$log"
}

# lead LINK RELEASE has a link lead to a release.
lead(){
  foobar_parent "$site/$1"
  ln -sfT -- "releases/$2" "$site/$1.foobar-new"
  mv -fT -- "$site/$1.foobar-new" "$site/$1"
}

# beside RELEASE makes it the one of which nginx serves what the one in use has not: static
# files with a digest in their names.
beside(){
  # What others have put there stays.
  case $(readlink -- "$site/beside") in
    releases/*) lead beside "$1" ;;
    '') [ -e "$site/beside" ] || lead beside "$1" ;;
  esac
}

# point RELEASE makes it the one in use, and the one before the one beside it.
point(){
  before=$(readlink -- "$site/current") || before=''
  lead current "$1"
  case $before in "releases/$1") ;; releases/*) [ ! -f "$site/$before/.complete" ] || beside "${before#releases/}" ;; esac
}
