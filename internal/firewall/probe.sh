# What ufw is on this host. Arguments: the lines about loopback that before.rules shall
# have, the folder of a change that waits for its proof, the record of the rules that
# were last loaded, and the files of ufw, before.rules the third of them.
wanted=$1 guard=$2 record=$3
shift 3
lo=
if [ -n "$wanted" ] && [ -r "$3" ]; then
  while IFS= read -r line; do
    case $line in *'-input -i lo '*) lo="$lo$line
" ;; esac
  done <"$3"
fi
if [ "$lo" != "$wanted" ]; then
  t 0 listening
  ss -ltnpH 2>/dev/null | head -n 500
  e
fi
if [ ! -x /usr/sbin/ufw ]; then
  o 0 state absent
else
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  sha256sum -- "$@" 2>/dev/null
  stat --printf 'mode\t%n\t%04a\n' -- "$@" 2>/dev/null
  systemctl show -p Id,LoadState,ActiveState,UnitFileState -- ufw.service nftables.service
  s=${SSH_CONNECTION:-}
  [ -n "$s" ] || s=$(tr '\0' '\n' 2>/dev/null </proc/$PPID/environ | sed -n 's/^SSH_CONNECTION=//p')
  o 0 source "${s%% *}"
  [ ! -e "$guard/saved" ] || o 0 unproved yes
  t 0 all
  {
    cat /dev/fd/3 "$1" /dev/fd/4 "$2" "$record" 3<<A 4<<B
@user4
A

@user6
B
    echo @live4
    iptables-save -t filter || echo @failed
    echo @live6
    ip6tables-save -t filter || echo @failed
    echo @end
  } 2>/dev/null
  e
fi
