section facts
while IFS='=' read -r k v; do
  case $k in ID) k=os ;; VERSION_ID) k=release ;; VERSION_CODENAME) k=codename ;; PRETTY_NAME) k=pretty ;; *) continue ;; esac
  case $v in '"'*'"' | "'"*"'") v=${v#?} v=${v%?} ;; esac
  echo "$k $v"
done </etc/os-release
v=$(dpkg --print-architecture 2>/dev/null) || v=$(uname -m)
echo "arch $v"
read -r v </proc/sys/kernel/hostname; echo "hostname $v"
echo "cpus $(nproc)"
while read -r k v _; do [ "$k" != MemTotal: ] || echo "memory-kb $v"; done </proc/meminfo
{ read -r _; read -r _ _ _ v _; } <<E
$(df -Pk /var)
E
echo "disk-kb $v"
echo "clock $(date +%s)"
while read -r a b c d e _; do [ "$a $b $c" != "Max open files" ] || [ "$e" = unlimited ] || echo "open-files $e"; done </proc/1/limits
v=$(systemd-detect-virt 2>/dev/null)
echo "virt $v"
for p in chronyd ntpd; do if command -v $p >/dev/null; then echo "time $p"; fi; done
c=${SSH_CONNECTION:-} p=$PPID n=0
while [ -z "$c" ] && [ "$p" -gt 1 ] && [ $n -lt 8 ]; do # sudo keeps it from its child
  c=$(tr '\0' '\n' 2>/dev/null <"/proc/$p/environ" | sed -n 's/^SSH_CONNECTION=//p')
  while read -r k v; do [ "$k" != PPid: ] || p=$v; done <"/proc/$p/status"; n=$((n+1))
done
[ -z "$c" ] || echo "ssh-port ${c##* }"
while read -r _ _ _ a _; do [ -z "$a" ] || echo "address $a"; done <<E
$(ip -o addr show scope global 2>/dev/null)
E
