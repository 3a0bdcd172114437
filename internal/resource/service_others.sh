# others INDEX UNIT names the drop-ins of a unit, and what stands in the place of its file:
# of a package's, or of foobar's own, before which systemd takes what is in system.control
# (systemd.unit(5)); with a timer, also those of what it starts, and with one of several
# instances those of all.
others(){
  i=$1 list='' nl='
'
  for u in "$2" "${2%.timer}.service" "${2%@*}@.service"; do
    case $u in "$2") ;; *@.service) [ "$2" != "${2%@*}" ] || continue ;; *) [ "$2" != "${2%.timer}" ] || continue ;; esac
    for d in /etc/systemd/system /etc/systemd/system.control /run/systemd/system /run/systemd/system.control; do
      for f in "$d/$u.d"/*.conf; do [ ! -f "$f" ] || list="$list$f$nl"; done
      [ -f "$d/$u" ] && [ ! -L "$d/$u" ] || continue
      case $d in *.control) list="$list$d/$u$nl" ;; *) [ ! -f "/usr/lib/systemd/system/$u" ] || list="$list$d/$u$nl" ;; esac
    done
  done
  [ -z "$list" ] || v "$i" others "$list"
}
# stamps UNIT... sends what is noted of each unit in its file under /run/foobar. One process
# reads them all: the shell's own read takes a call of the system for each byte.
stamps(){
  i=0 n=$# at=''
  for u; do
    if [ -f "/run/foobar/$u" ]; then set -- "$@" "/run/foobar/$u"; at="$at$i:$u "; fi
    i=$((i+1))
  done
  shift "$n"
  [ $# -gt 0 ] || return 0
  IFS='
'
  set -f
  # shellcheck disable=SC2046 # its lines
  set -- $(tail -v -n +1 -- "$@" 2>/dev/null)
  unset IFS
  set +f
  n=''
  for line; do
    case $line in
    '==> '*' <==')
      [ -z "$n" ] || e
      u=${line#*/run/foobar/} n=''
      while [ -n "$at" ] && [ "$n" != "${u% <==}" ]; do i=${at%%:*} n=${at#*:} n=${n%% *} at=${at#* }; done
      t "$i" stamp ;;
    *) printf '%s\n' "$line" ;;
    esac
  done
  [ -z "$n" ] || e
}
