#!/bin/sh
# Records anew what lab hosts say to a plan, in a lab of its own: bench/scale/testdata.
# Needs root, and bin/foobar.
set -eu
cd "$(dirname "$0")/../.."
FOOBAR_BIN=$PWD/bin/foobar
export FOOBAR_LAB="${FOOBAR_LAB:-scale}" FOOBAR_BIN
trap '"$FOOBAR_BIN" lab down' EXIT
"$FOOBAR_BIN" lab up --hosts lb1,db1,web1,web2 --owner $$
FOOBAR_SCALE_SSH=$("$FOOBAR_BIN" lab inventory | grep -E '^(identity|known_hosts|config|proxy_command) *=')
export FOOBAR_SCALE_SSH
FOOBAR_SCALE_LAB=$FOOBAR_LAB "${GO:-go}" test -count=1 -v -run '^TestRecord$' ./bench/scale
