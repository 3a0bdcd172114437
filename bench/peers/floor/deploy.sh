#!/bin/bash
# deploy.sh - the floor of a first deployment: one ssh and one script a host, all four at
# once. The only order left is the one nature asks for: a replica's script waits until the
# primary lets its replication user in; the balancer's waits until the farm answers.
cd "$(dirname "$0")" || exit
PKI=${BENCH_PKI:?}
q() { printf '%s=%q\n' "$1" "$2"; }
vars() { # NAME TIER
  q NAME "$1"; q TIER "$2"; q CA "$(cat "$PKI/ca.crt")"
  q HOSTS $'10.77.0.11 lb1\n10.77.0.12 srv1\n10.77.0.13 srv2\n10.77.0.14 srv3'
  q SERVERS $'10.77.0.12 srv1\n10.77.0.13 srv2\n10.77.0.14 srv3'
  q DEPLOY_KEY "$(sed -n 's/^deploy_key: "\(.*\)"/\1/p' ../ansible/group_vars/all.yml)"
}
server() { # ID ADDRESS READ_ONLY PEERS
  { vars "srv$1" app; q SERVER_ID "$1"; q READ_ONLY "$3"; q PEERS "$4"; q WSGI "$(cat ../ansible/roles/app/files/wsgi.py)"
    q CRT "$(cat "$PKI/srv$1.crt")"; q PRIV "$(cat "$PKI/srv$1.key")"; cat common.sh server.sh; } | ssh -F "$BENCH_SSH" "root@$2" bash -s
}
lb() { { vars lb1 edge; q PEM "$(cat "$PKI/lb1.pem")"; cat common.sh lb.sh; } | ssh -F "$BENCH_SSH" root@10.77.0.11 bash -s; }
lb & p1=$!
server 1 10.77.0.12 OFF "10.77.0.13 10.77.0.14" & p2=$!
server 2 10.77.0.13 ON "10.77.0.12 10.77.0.14" & p3=$!
server 3 10.77.0.14 ON "10.77.0.12 10.77.0.13" & p4=$!
rc=0; for p in $p1 $p2 $p3 $p4; do wait "$p" || rc=1; done; exit $rc
