#!/bin/sh
# Draws docs/rollout.svg from a real first deploy to the lab: needs tmux.
set -eu
cd "$(dirname "$0")/.."
foobar=$PWD/bin/foobar
"$foobar" lab up
"$foobar" lab inventory >bin/demo.toml
s=foobar-picture-$$
tmux new-session -d -s "$s" -x 100 -y 28 "LANG=C.UTF-8 TERM=xterm-256color $foobar deploy -y bin/demo.toml; sleep 5"
trap 'tmux kill-session -t "$s" 2>/dev/null || :' EXIT
sleep "${AFTER:-24}"
mkdir -p docs
tmux capture-pane -e -p -t "$s" >bin/rollout.txt
go run ./bench/picture <bin/rollout.txt >docs/rollout.svg
