# What the kernel lets in, by family: the policy, what jumps to ufw's chains, ufw's rules,
# and what went wrong; then what foobar found of others, by the host's ledger.
for c in IPv4:iptables-save IPv6:ip6tables-save; do
  echo "family ${c%%:*}"
  timeout 10 "${c#*:}" -t filter 2>&1 | grep -E '^(\*|:INPUT |-A (INPUT|ufw6?-user-input) |[^-:*#C])' | head -n 2000
done
echo "family none"
if [ -r /var/lib/foobar/owned.json ]; then
  while IFS= read -r line; do echo "ledger $line"; done </var/lib/foobar/owned.json
fi
