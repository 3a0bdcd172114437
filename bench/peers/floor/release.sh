#!/bin/sh
# The floor of a release: the app's files go to all servers at once, then one server after
# the other is started anew, and has to answer before the next one's turn. The files go into
# a folder of their own: what foobar keeps on the hosts stays as it is.
set -eu
on() { a=$1; shift; ssh -F "${BENCH_SSH:?}" "root@$a" "$@"; }
servers='10.77.0.12 10.77.0.13 10.77.0.14'
for a in $servers; do
  tar -C "${BENCH_SOURCE:?}" -cz . | on "$a" 'rm -rf /root/release && mkdir /root/release && tar -C /root/release -xz' &
  all="${all:-} $!"
done
for p in $all; do wait "$p"; done
# systemd waits until the app says that it is ready.
for a in $servers; do on "$a" 'systemctl restart app && curl -fsS -m 30 -o /dev/null http://127.0.0.1:9000/healthz'; done
