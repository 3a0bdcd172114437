section facts
while IFS='=' read -r k v; do
  case $k in ID) k=os ;; VERSION_ID) k=release ;; VERSION_CODENAME) k=codename ;; PRETTY_NAME) k=pretty ;; *) continue ;; esac
  case $v in '"'*'"' | "'"*"'") v=${v#?} v=${v%?} ;; esac
  echo "$k $v"
done </etc/os-release
# Each architecture has its libc6: where there is one, nobody need be asked.
set -- /var/lib/dpkg/info/libc6:*.list
v=${1#*:} v=${v%.list}
if [ $# -ne 1 ] || [ ! -f "$1" ]; then v=$(dpkg --print-architecture 2>/dev/null) || v=$(uname -m); fi
echo "arch $v"
read -r v </proc/sys/kernel/hostname; echo "hostname $v"
echo "cpus $(nproc)"
# The shell reads byte by byte: it stops at the line that it wants.
while read -r k v _; do [ "$k" != MemTotal: ] || { echo "memory-kb $v"; break; }; done </proc/meminfo
while read -r a b c d e _; do
  [ "$a $b $c" = "Max open files" ] || continue
  [ "$e" = unlimited ] || echo "open-files $e"
  break
done </proc/1/limits
# Of a container systemd notes at its start what it is: then nobody need be asked. What
# else may stand there systemd-detect-virt(1) puts into words of its own.
v=
[ ! -f /run/systemd/container ] || read -r v </run/systemd/container
case $v in systemd-nspawn | lxc | docker | podman) ;; *) v=$(systemd-detect-virt 2>/dev/null) ;; esac
echo "virt $v"
# With ipv6.disable=1 the kernel lacks this file, and opens no socket for IPv6.
[ -e /proc/net/if_inet6 ] || echo "ipv6 off"
for p in chronyd ntpd; do if command -v $p >/dev/null; then echo "time $p"; fi; done
c=${SSH_CONNECTION:-} p=$PPID n=0
while [ -z "$c" ] && [ "$p" -gt 1 ] && [ $n -lt 8 ]; do # sudo keeps it from its child
  c=$(tr '\0' '\n' 2>/dev/null <"/proc/$p/environ" | sed -n 's/^SSH_CONNECTION=//p')
  while read -r k v; do [ "$k" != PPid: ] || p=$v; done <"/proc/$p/status"; n=$((n+1))
done
case $c in UNKNOWN*) c= ;; esac # sshd -i behind a pipe, as of a container's exec
[ -z "$c" ] || { echo "ssh-port ${c##* }"; echo "ssh-client ${c%% *}"; }
itself='' its=''
# Where sshd itself listens, not a session of it that forwards a port for its user, and
# where it will after its next start.
sshd_itself(){
  if [ "$1" = "$itself" ]; then unit=$its; return 0; fi # another address of it
  unit=
  while IFS= read -r l; do case $l in */session-*.scope*) return 1 ;; */ssh.service*) unit=ssh ;; esac; done <"/proc/$1/cgroup" || return 1
  while read -r k n; do [ "$k" != PPid: ] || break; done <"/proc/$1/status"
  [ "$n" = 1 ] && itself=$1 its=$unit
}
sshd_port(){ case $1 in 127.*|'[::1]:'*) ;; *:*) echo "sshd-port ${1##*:}" ;; esac; }
socket='' nl='
'
IFS=$nl
set -f
for l in $(ss -Hltnp 2>/dev/null); do
  case $l in *'("sshd",pid='* | *'users:(("systemd",pid=1,'*) ;; *) continue ;; esac
  unset IFS
  # shellcheck disable=SC2086 # its columns
  set -- $l
  v=${l#*users:}
  case $v in
    *'("sshd",pid='*) p=${v#*'("sshd",pid='}
      sshd_itself "${p%%,*}" 2>/dev/null || continue
      sshd_port "$4"
      case $unit:$v in ssh:*'("systemd",pid=1,'*) ;; ssh:*) echo "sshd-main ${4##*:}" ;; esac ;;
    # What another program listens on with it, as the app does, is not ssh.socket's.
    *) case ${v#'(("'} in *'("'*) ;; *) socket=asked ;; esac ;;
  esac
done
unset IFS
set +f
if [ -n "$socket" ]; then
  socket='' ports=
  while read -r k; do
    case $k in
      ActiveState=active) socket=open ;;
      Listen=*'(Stream)') k=${k#Listen=}; ports="$ports ${k%% *}" ;;
    esac
  done <<E
$(systemctl show -p ActiveState -p Listen ssh.socket)
E
  [ -z "$socket" ] || for k in $ports; do sshd_port "$k"; done
fi
for p in /etc/ssh/sshd_config /etc/ssh/sshd_config.d /etc/ssh/sshd_config.d/*.conf; do
  if [ -n "$socket" ] || [ ! -e "$p" ] || { [ -e /run/sshd.pid ] && [ ! "$p" -nt /run/sshd.pid ]; }; then continue; fi
  while read -r k a; do [ "$k" != listenaddress ] || sshd_port "$a"; done <<E
$(/usr/sbin/sshd -T -C user=root,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22 2>/dev/null)
E
  break
done
# Of a point-to-point link the own address comes first, without its length. Bridges of
# containers come last, because no other host reaches those.
later='' tunnel='' server=${c#* * } server=${server%% *}
while read -r _ k _ a _; do
  case $a in "$server" | "$server"/*) tunnel=$k ;; esac
  case $k in docker*|br-*|veth*|virbr*|lxcbr*|lxdbr*|cni*|podman*) later="$later $a" ;; *) [ -z "$a" ] || echo "address $a" ;; esac
done <<E
$(ip -o addr show scope global 2>/dev/null)
E
for a in $later; do echo "address $a"; done
# Where this connection comes in by a tunnel of WireGuard's, which the host itself does not
# keep alive, or of OpenVPN's over UDP: the tunnel and its port, unless that is one of those
# that the kernel gives to clients, who need none to be open. Source: wg(8).
if [ -n "$tunnel" ] && read -r k <"/sys/class/net/$tunnel/type" && [ "$k" = 65534 ] && k=$(wg show "$tunnel" persistent-keepalive); then
  printf '%s\n' "$k" | grep -q '[0-9]$' || echo "tunnel $tunnel $(wg show "$tunnel" listen-port)"
elif [ -n "$tunnel" ] && [ -e "/sys/class/net/$tunnel/tun_flags" ]; then
  ss -Hlunp | sed -n 's/.*:\([0-9]*\) *[^ ]*:\* *users:(("openvpn",pid=\([0-9]*\),.*/\1 \2/p' | while read -r k p; do
    [ "$k" -ge 32768 ] || ! grep -qsx "iff:[[:space:]]*$tunnel" /proc/"$p"/fdinfo/* || { echo "tunnel $tunnel $k"; break; }
  done
fi 2>/dev/null
