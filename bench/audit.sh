#!/bin/sh
# What independent auditors say of a converged lab: testssl and nmap from outside,
# ssh-audit, lynis and systemd-analyze on the hosts. Writes the summary that stands in
# docs/security.md between its two marks; the full answers stay in bin/audit.
set -eu
cd "$(dirname "$0")/.."
foobar=$PWD/bin/foobar
out=$PWD/bin/audit
doc=docs/security.md
export FOOBAR_LAB=audit
rm -rf "$out" && mkdir -p "$out"
trap '"$foobar" lab down' EXIT
trap 'exit 130' INT TERM
"$foobar" lab up --owner $$
"$foobar" lab inventory >"$out/site.toml"
"$foobar" deploy -y "$out/site.toml" >"$out/deploy.log" 2>&1 || { tail -n 30 "$out/deploy.log" >&2; exit 1; }
hosts=$(sed -n 's/^\[hosts\.\(.*\)\]$/\1/p' "$out/site.toml")
address() { sed -n "/^\[hosts\.$1\]/,/^address/s/^address *= *\"\(.*\)\"/\1/p" "$out/site.toml"; }
within() { ip netns exec foobar-audit "$@"; }

echo "== testssl: the balancer" >&2
within testssl --quiet --color 0 --warnings off --ip "$(address lb1)" --severity LOW --jsonfile "$out/testssl.json" https://www.foobar.com/ >"$out/testssl.txt" 2>&1 || :
echo "== nmap: what is open from outside" >&2
for h in $hosts; do within nmap -Pn -n -p- -T4 --max-retries 1 --min-rate 3000 "$(address "$h")" >"$out/nmap-$h.txt" 2>&1 || :; done
echo "== ssh-audit" >&2
within ssh-audit -n -l warn "$(address web1)" >"$out/ssh-audit.txt" 2>&1 || :
echo "== lynis and systemd-analyze on the hosts" >&2
for h in lb1 web1; do
  "$foobar" lab exec "$h" -- sh -c 'apt-get -q -y --no-install-recommends install lynis >/dev/null 2>&1; lynis audit system --quick --no-colors' >"$out/lynis-$h.txt" 2>&1 || :
  "$foobar" lab exec "$h" -- systemd-analyze security --no-pager >"$out/units-$h.txt" 2>&1
done

# The summary.
{
  echo "| auditor | of what | result |"
  echo "|---|---|---|"
  echo "| testssl $(testssl --version 2>/dev/null | sed -n 's/.*testssl  *\([0-9.]*\) .*/\1/p' | head -n 1) | https of the balancer | findings of severity LOW and above: $(tr -d '\n' <"$out/testssl.json" | grep -oE '"id" *: *"[^"]*"[^{}]*"severity" *: *"(LOW|MEDIUM|HIGH|CRITICAL)"' | sed 's/"id" *: *"\([^"]*\)".*"\([A-Z]*\)"$/\1 (\2)/' | paste -sd, - | sed 's/,/, /g') |"
  for h in $hosts; do
    echo "| nmap, all 65535 TCP ports | $h from outside | open: $(awk '$2 == "open" { printf "%s ", $1 }' "$out/nmap-$h.txt") |"
  done
  echo "| ssh-audit | web1 | $(grep -c '\[fail\]' "$out/ssh-audit.txt" || :) failures, $(grep -c '\[warn\]' "$out/ssh-audit.txt" || :) warnings |"
  for h in lb1 web1; do
    echo "| lynis | $h | hardening index $(sed -n 's/.*Hardening index : \([0-9]*\).*/\1/p' "$out/lynis-$h.txt" | head -n 1), warnings: $(sed -n 's/.*Warnings (\([0-9]*\)).*/\1/p' "$out/lynis-$h.txt" | head -n 1 | grep . || echo none) |"
    awk -v h="$h" '$1 ~ /^(haproxy|nginx|app|mariadb|otelcol-sumo|foobar-.*)\.service$/ { printf "| systemd-analyze security | %s on %s | %s %s |\n", $1, h, $2, $3 }' "$out/units-$h.txt"
  done
} >"$out/summary.md"
cat "$out/summary.md"
if grep -q '<!-- audit begins -->' "$doc"; then
  { sed '/<!-- audit begins -->/q' "$doc"; cat "$out/summary.md"; sed -n '/<!-- audit ends -->/,$p' "$doc"; } >"$out/doc" && cat "$out/doc" >"$doc"
fi
