# What else filters, and what ufw will stop: whether the host forwards for others and ufw's own
# policy does not let it, the rules of nftables without what is in their sets, and the tables
# that the older iptables loaded, where the newer one is in use. Sources: nft(8), iptables(8).
grep -qsE '^DEFAULT_FORWARD_POLICY="?ACCEPT' /etc/default/ufw || sed 's/^/forwarding /' /proc/sys/net/ipv4/ip_forward 2>/dev/null || :
[ ! -x /usr/sbin/nft ] || timeout 10 /usr/sbin/nft -t list ruleset 2>/dev/null | head -n 3000
if grep -qsx filter /proc/net/ip_tables_names; then
  case $(/usr/sbin/iptables -V 2>/dev/null) in *nf_tables*) timeout 10 /usr/sbin/iptables-legacy-save -t filter 2>/dev/null | head -n 2000 ;; esac
fi
