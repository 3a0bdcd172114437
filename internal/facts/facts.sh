section facts
( . /etc/os-release; printf 'os %s\nrelease %s\ncodename %s\npretty %s\n' "$ID" "${VERSION_ID:-}" "${VERSION_CODENAME:-}" "$PRETTY_NAME" )
echo "arch $(dpkg --print-architecture 2>/dev/null || uname -m)"
read -r v </proc/sys/kernel/hostname; echo "hostname $v"
echo "cpus $(nproc)"
while read -r k v _; do [ "$k" != MemTotal: ] || echo "memory-kb $v"; done </proc/meminfo
echo "disk-kb $(df -Pk /var | { read -r _; read -r _ _ _ free _; echo "$free"; })"
echo "clock $(date +%s)"
while read -r a b c d e _; do [ "$a $b $c" != "Max open files" ] || [ "$e" = unlimited ] || echo "open-files $e"; done </proc/1/limits
echo "virt $(systemd-detect-virt 2>/dev/null || :)"
for p in chronyd ntpd; do if command -v $p >/dev/null; then echo "time $p"; fi; done
c=${SSH_CONNECTION:-} p=$PPID n=0
while [ -z "$c" ] && [ "$p" -gt 1 ] && [ $n -lt 8 ]; do # sudo keeps it from its child
  c=$(tr '\0' '\n' 2>/dev/null <"/proc/$p/environ" | sed -n 's/^SSH_CONNECTION=//p')
  while read -r k v; do [ "$k" != PPid: ] || p=$v; done <"/proc/$p/status"; n=$((n+1))
done
[ -z "$c" ] || echo "ssh-port ${c##* }"
ip -o addr show scope global 2>/dev/null | while read -r _ _ _ a _; do echo "address $a"; done
