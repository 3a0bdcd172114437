#!/bin/sh
# The whole story on one machine: a lab, a deploy, the page, and a plan that then
# finds nothing to do.
set -eu
cd "$(dirname "$0")/.."
foobar=$PWD/bin/foobar
inv=$PWD/bin/demo.toml

# Compiled once, which takes minutes. It says so where it does not write into the deploy's picture.
"$foobar" lab collector >bin/collector.log 2>&1 &
collector=$!
trap 'kill "$collector" 2>/dev/null || :' EXIT

echo "== four bare Debian hosts"
"$foobar" lab up --no-wait
"$foobar" lab inventory >"$inv"

echo "== foobar deploy"
"$foobar" deploy -y "$inv"

echo "== the page, over verified HTTPS, from each of the servers"
seen=
n=0
while [ $n -lt 60 ]; do
  n=$((n+1))
  who=$("$foobar" lab curl -sS -D - -o /dev/null https://www.foobar.com/ | tr -d '\r' | sed -n 's/^[Xx]-[Ss]erved-[Bb]y: //p')
  case " $seen " in *" $who "*) ;; *) seen="$seen $who"; echo "   answered by $who";; esac
  [ "$(echo "$seen" | wc -w)" -lt 3 ] || break
done
[ "$(echo "$seen" | wc -w)" -ge 3 ] || { echo "only$seen answered" >&2; exit 1; }

echo "== a write on the primary, read back from a replica"
"$foobar" lab curl -sS -X POST -H 'Content-Type: application/json' -d '{"text":"hello from the demo"}' https://www.foobar.com/api/notes; echo
"$foobar" lab curl -sS https://www.foobar.com/api/notes; echo

if ! grep -qF '[monitoring.package]' "$inv"; then
  echo "== the collector, compiled meanwhile, is attached"
  tail -n +1 -f --pid="$collector" bin/collector.log
  wait "$collector"
  "$foobar" lab inventory >"$inv"
  "$foobar" deploy -y "$inv"
fi

echo "== a second look: nothing to do"
"$foobar" plan "$inv"

cat <<TEXT

The lab is running. Try:

  bin/foobar lab exec web2 -- systemctl stop nginx     break something,
  bin/foobar plan bin/demo.toml                        see it,
  bin/foobar deploy bin/demo.toml                      and have it repaired
  bin/foobar lab curl -sS https://www.foobar.com/      the page
  bin/foobar lab intake                                what the collectors sent
  bin/foobar lab ssh web1                              look around
  bin/foobar lab down                                  and it is all gone
TEXT
