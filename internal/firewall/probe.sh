# What ufw is on this host. Arguments: the lines about loopback that before.rules shall
# have, the folder of a change that waits for its proof, the record of the rules that
# were last loaded, and the files of ufw, before.rules the third of them.
wanted=$1 guard=$2 record=$3
shift 3
lo='' package='' tables='-t filter'
for f in "$@"; do
  case $f in */before*.rules | */after*.rules) ;; *) continue ;; esac
  { read -r line <"$f"; } 2>/dev/null || line=
  case $line in '# Written by foobar'*) ;; *) package=yes ;; esac
done
lo=$(grep -F -e '-input -i lo ' -- "$3" 2>/dev/null) && lo="$lo
"
if [ -n "$wanted" ] && [ "$lo" != "$wanted" ]; then
  t 0 listening
  ss -ltnpH 2>/dev/null | head -n 500
  e
fi
if [ -n "$package" ]; then
  t 0 beside
  beside
  e
fi
if [ ! -x /usr/sbin/ufw ]; then
  o 0 state absent
  for f in 4:iptables 6:ip6tables; do
    [ -x "/usr/sbin/${f#*:}-save" ] || continue
    t 0 "live${f%:*}"
    "/usr/sbin/${f#*:}-save" 2>/dev/null | head -n 2000
    e
  done
  # ufw comes in the place of this package, which loads more than what filters.
  if [ -e /usr/share/netfilter-persistent/plugins.d/15-ip4tables ]; then
    t 0 saved
    sed -n '/^\*/h; /^-A/{G; s/^\(.*\)\n\*\(.*\)/\2: \1/; /^filter: /!p; }' /etc/iptables/rules.v4 /etc/iptables/rules.v6 2>/dev/null | head -n 100
    e
  fi
else
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  [ ! -e "$guard/saved" ] || o 0 unproved yes
  # The package's own rule files tell what in these is somebody else's.
  if [ -n "$package" ]; then
    d=/usr/share/ufw/iptables
    set -- "$@" $d/before.rules $d/before6.rules $d/after.rules $d/after6.rules
  fi
  # What containers publish stands in another table.
  for f in docker0 podman0 cni-podman0; do [ ! -d /sys/class/net/$f ] || tables=; done
  t 0 all
  {
    tail -v -n +1 -- "$@" "$record"
    printf '\n==> end <==\n'
    echo @live4
    # shellcheck disable=SC2086 # one option and its value, or none
    iptables-save $tables || echo @failed
    echo @live6
    ip6tables-save -t filter || echo @failed
    echo @end
  } 2>/dev/null
  e
fi
