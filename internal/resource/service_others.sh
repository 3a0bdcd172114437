# others INDEX UNIT names the drop-ins of a unit, and what stands in the place of its
# package's file; with a timer, also those of what it starts, and with one of several
# instances those of all.
others(){
  i=$1 list='' nl='
'
  for u in "$2" "${2%.timer}.service" "${2%@*}@.service"; do
    case $u in "$2") ;; *@.service) [ "$2" != "${2%@*}" ] || continue ;; *) [ "$2" != "${2%.timer}" ] || continue ;; esac
    for d in /etc/systemd/system /etc/systemd/system.control /run/systemd/system /run/systemd/system.control; do
      for f in "$d/$u.d"/*.conf; do [ ! -f "$f" ] || list="$list$f$nl"; done
      if [ -f "$d/$u" ] && [ ! -L "$d/$u" ] && [ -f "/usr/lib/systemd/system/$u" ]; then list="$list$d/$u$nl"; fi
    done
  done
  [ -z "$list" ] || v "$i" others "$list"
}
