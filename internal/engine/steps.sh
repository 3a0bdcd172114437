# The frame of a step, with the token $T: step_begins NUMBER, and step_ended NUMBER right
# after what the step runs. Where the file $stop is, none begins.
step_begins(){
  [ ! -e "$stop" ] || { printf '\n%s stopped\n' "$T"; exit 0; }
  printf '\n%s step %d\n' "$T" "$1"
}
step_ended(){
  r=$?
  printf '\n%s rc %d %d\n' "$T" "$1" "$r"
  [ $r -eq 0 ] || exit 0
}
# land FROM DIR PATH MODE OWNER GROUP lands the uploaded file FROM, or without one what the
# function content prints, as PATH, in DIR, under the name $t meanwhile. The function check fails where the $program says that the file is
# no good, if the host has that program; the function rejected ends the step then. One that
# is only $tried does not land.
land(){
  [ -d "$2" ] || foobar_dir 0755 root:root "$2"
  foobar_parent "$3"
  trap 'rm -f -- "$t"' EXIT
  umask 077
  if [ "$1" ]; then
    install -T -m "$4" -o "$5" -g "$6" -- "$1" "$t"
    rm -f -- "$1"
  else
    # Where that fails, it says why the second time: the shell's own printf does not.
    content >"$t" || content | cat >"$t"
    foobar_give "$4" "$5:$6" "$t"
  fi
  if command -v "$program" >/dev/null; then
    set +e
    ( set -e; check )
    r=$?
    set -e
    [ $r = 0 ] || rejected
  fi
  [ -z "${tried-}" ] || return 0
  sync -- "$t"
  mv -fT -- "$t" "$3"
  trap - EXIT
}
