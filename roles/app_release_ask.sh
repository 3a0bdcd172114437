# How the release $id is, which is to hold what $wanted says (app or files). Unless that is
# "complete", a line says how much room there is, and one follows for each other release: when it was built, its size, whether it
# is in use, its name and what it holds.
# How many KiB are free for releases, and for the archive.
room(){
  # shellcheck disable=SC2046
  set -- $(df -k --output=avail /srv /var/lib 2>/dev/null)
  [ $# != 3 ] || echo "room $2 $3"
}
cd "$site/releases" 2>/dev/null || { echo absent; room; return 3; }
rc=0
# The packages that a build installed are those of its Python: an upgrade of the system
# brings another, which does not find them.
fits(){
  start=
  [ ! -f .start ] || { read -r _; read -r start; } <.start || :
  case $start in *"/$id/venv/bin/python "*) ;; *) return 0 ;; esac
  for v in venv/lib/python3.*; do [ ! "/usr/bin/${v##*/}" -ef /usr/bin/python3 ] || return 0; done
  return 1
}
if is_ours "$PWD/$id"; then
  cd "./$id"
  if [ -z "$kind" ] || { [ "$wanted" = app ] && [ "$kind" != app ]; }; then echo "files only"
  elif digest; [ "$sum" != "$s" ] && [ "$sum" != "$(earlier)" ]; then echo "changed by hand"
  elif ! fits; then echo "its packages are another Python's"
  else echo complete; return 0; fi
  cd "$site/releases"
elif [ -e "./$id" ] || [ -L "./$id" ]; then echo "without the mark of a finished build"
else echo absent; rc=3; fi
room
set --
for d in [0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]; do
  [ "$d" = "$id" ] || ! is_ours "$PWD/$d" || set -- "$@" "$d"
done
[ $# -gt 0 ] || return $rc
times=$(for d; do shift; set -- "$@" "$d/.complete"; done; exec stat -c '%n %Y.' -- "$@")
du -sk -- "$@" | while read -r size d; do
  is_ours "$PWD/$d" || continue
  use=kept built=${times#*"$d/.complete "}
  ! [ "./$d" -ef "$site/current" ] || use=used
  echo "${built%%.*} $size $use $d $kind"
done
return $rc
