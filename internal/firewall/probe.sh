# What ufw is on this host. Arguments: the folder of a change that waits for its proof,
# the record of the rules that were last loaded, and the files of ufw.
guard=$1 record=$2
shift 2
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
