#!/bin/bash
# deploy.sh - the floor of a first deployment of foobar's site, with the same packages: one
# upload, one ssh and one script a host, all four at once. The only order left is the one
# nature asks for: a replica's script waits until the primary lets its replication user in;
# the balancer's waits until the servers answer.
set -euo pipefail
cd "$(dirname "$0")"
PKI=${BENCH_PKI:?} LAB=${BENCH_LAB:?} DEB=(-C "${BENCH_DEB%/*}" "${BENCH_DEB##*/}")
q() { printf '%s=%q\n' "$1" "$2"; }
vars() { # NAME
  q NAME "$1"; q CA "$(cat "$PKI/ca.crt")"
  q HOSTS $'10.77.0.11 lb1\n10.77.0.12 web1\n10.77.0.13 web2\n10.77.0.14 web3'
  q SERVERS $'10.77.0.12 web1\n10.77.0.13 web2\n10.77.0.14 web3'
  q SUMO_CA "$(cat "$LAB/lab-ca.pem")"; q TOKEN "$(cat "$LAB/token")"
}
deploy() { # ADDRESS (script on stdin), what tar is to take
  local address=$1 script; shift
  script=$(cat)
  tar -cz --transform 's,^otelcol-sumo_[^/]*,otelcol-sumo.deb,' "$@" |
    ssh -F "$BENCH_SSH" "root@$address" 'mkdir -p /root/floor && tar -C /root/floor -xz'
  ssh -F "$BENCH_SSH" "root@$address" bash -s <<<"$script"
}
server() { # ID ADDRESS READ_ONLY PEERS
  { vars "web$1"; q SERVER_ID "$1"; q READ_ONLY "$3"; q PEERS "$4"
    q CRT "$(cat "$PKI/srv$1.crt")"; q PRIV "$(cat "$PKI/srv$1.key")"; cat common.sh server.sh; } | deploy "$2" "${DEB[@]}" -C "$LAB" app
}
lb() { { vars lb1; q PEM "$(cat "$PKI/lb1.pem")"; q ACME_CA "$(cat "$LAB/acme-ca.pem")"; cat common.sh lb.sh; } | deploy 10.77.0.11 "${DEB[@]}"; }
lb & p1=$!
server 1 10.77.0.12 OFF "10.77.0.13 10.77.0.14" & p2=$!
server 2 10.77.0.13 ON "10.77.0.12 10.77.0.14" & p3=$!
server 3 10.77.0.14 ON "10.77.0.12 10.77.0.13" & p4=$!
rc=0; for p in $p1 $p2 $p3 $p4; do wait "$p" || rc=1; done; exit $rc
