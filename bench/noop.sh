#!/bin/sh
# A deploy that finds nothing to do, against the least it could take: one cold ssh and
# one check script a host, all hosts at once. Both run in turn, on a lab of their own
# or on the one that FOOBAR_LAB names; the result is the ratio of their medians.
set -eu
cd "$(dirname "$0")/.."
foobar=$PWD/bin/foobar
runs=${RUNS:-10}
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
if [ -z "${FOOBAR_LAB:-}" ]; then
  export FOOBAR_LAB=bench
  trap 'rm -rf "$t"; "$foobar" lab down' EXIT
  "$foobar" lab up
fi
"$foobar" lab inventory >"$t/site.toml"
echo "deploying first: what is measured comes then"
"$foobar" deploy -y "$t/site.toml" >"$t/log" 2>&1 || { tail -n 20 "$t/log" >&2; exit 1; }

key=$(sed -n 's/^identity *= *"\(.*\)"/\1/p' "$t/site.toml")
known=$(sed -n 's/^known_hosts *= *"\(.*\)"/\1/p' "$t/site.toml")
hosts=$(sed -n 's/^address *= *"\(.*\)"/\1/p' "$t/site.toml")
cat >"$t/check" <<'CHECK'
dpkg-query -W -f '${Package} ${db:Status-Status} ${Version}\n' haproxy nginx mariadb-server ufw gunicorn certbot 2>/dev/null
systemctl show -p Id,ActiveState,UnitFileState,InvocationID haproxy nginx mariadb app ssh ufw otelcol-sumo
stat -c '%n %a %U:%G %s %Z' /etc/haproxy/* /etc/nginx/*.conf /etc/ufw/* /etc/ssh/sshd_config.d/* 2>/dev/null
sha256sum /etc/haproxy/*.cfg /etc/nginx/nginx.conf /etc/ufw/*.rules /etc/hosts 2>/dev/null
iptables-save -t filter; ip6tables-save -t filter
[ ! -S /run/mysqld/mysqld.sock ] || mariadb -B -N -e 'SELECT @@read_only, @@gtid_current_pos; SHOW ALL SLAVES STATUS'
CHECK
floor() {
  for h in $hosts; do
    ssh -F none -i "$key" -o UserKnownHostsFile="$known" -o BatchMode=yes -o ProxyCommand="$foobar lab dial %h %p" "root@$h" sh -s <"$t/check" >/dev/null &
  done
  wait
}
ours() { "$foobar" deploy "$t/site.toml" >/dev/null 2>&1; }
now() { date +%s%N; }
median() { sort -n "$1" | sed -n "$(( (runs + 1) / 2 ))p"; }
i=0
while [ $i -lt "$runs" ]; do
  a=$(now); floor; b=$(now); ours; c=$(now)
  echo $(( (b - a) / 1000000 )) >>"$t/floor"
  echo $(( (c - b) / 1000000 )) >>"$t/ours"
  i=$((i+1))
done
f=$(median "$t/floor"); o=$(median "$t/ours")
echo "floor: one ssh and one check script a host    median $f ms of $runs runs"
echo "foobar deploy, nothing to do                  median $o ms of $runs runs"
echo "ratio $(( o * 100 / f ))/100"
