#!/bin/sh
# Draws docs/rollout.svg, release.svg, status.svg and plan.svg from one real run in a lab
# of its own: a first deploy, a new release of the app, then a host with a stopped
# replica, then more that somebody changed by hand. What was on the screens stays in
# bin/pictures, and "bench/pictures.sh draw" draws it again without a lab. Needs tmux
# and root. "bench/pictures.sh page" takes docs/page.png, the site's page under load, in
# another lab; it needs chromium-headless-shell.
set -eu
cd "$(dirname "$0")/.."
foobar=$PWD/bin/foobar
shots=$PWD/bin/pictures
inv=inventory.toml # as people see it in the pictures, in $shots
export FOOBAR_LAB="${FOOBAR_LAB:-pictures}"

# A server of its own, so that the terminal is the same wherever this runs.
screen() { env -u COLORTERM -u NO_COLOR -u TMUX LANG=C.UTF-8 tmux -u -L "foobar-pictures-$$" -f /dev/null "$@"; }

# shot FILE is what is on the screen, colours included.
shot() { screen capture-pane -e -p -t shots >"$1"; }

# begin LINES TEXT COMMAND... types a command on a screen of so many lines.
begin() {
  lines=$1 text=$2; shift 2
  rm -f "$shots/ended"
  screen new-session -d -s shots -x 100 -y "$lines" \
    "cd '$shots'; export TERM=xterm-256color; clear; printf '\033[2m\$\033[0m \033[1m%s\033[0m\n' '$text'; $*; touch '$shots/ended'; exec sleep 1000"
}

# until_end waits for the command, at most so many seconds.
until_end() {
  n=0
  until [ -e "$shots/ended" ]; do
    [ $n -lt "$1" ] || { echo "no end after $1 s" >&2; return 1; }
    sleep 1; n=$((n+1))
  done
}

# film NAME PAUSE takes frames until the command ends, in files of that name.
film() {
  n=100
  until [ -e "$shots/ended" ]; do
    shot "$shots/$1-$n.txt"
    n=$((n+1)); [ $n -lt 400 ] || { echo "$1 does not end" >&2; return 1; }
    sleep "$2"
  done
  shot "$shots/$1-$n.txt"
  screen kill-server
}

record() {
  command -v tmux >/dev/null || { echo "pictures need tmux: apt-get install -y tmux" >&2; return 1; }
  rm -rf "$shots"; mkdir -p "$shots"
  trap 'screen kill-server 2>/dev/null || :; "$foobar" lab down || :' EXIT
  "$foobar" lab up
  "$foobar" lab inventory >"$shots/$inv"
  cp -r examples/app "$shots/app"
  sed -i 's|^source = .*|source = "./app"|' "$shots/$inv"

  begin 28 "foobar deploy $inv" "'$foobar' deploy -y $inv"
  film rollout 1

  echo '/* of the next release */' >>"$shots/app/static/style.css"
  begin 28 "foobar release $inv" "'$foobar' release -y $inv"
  film release 0.5

  "$foobar" lab curl -sS -o /dev/null 'https://www.foobar.com/?[1-400]' # visitors
  "$foobar" lab exec web3 -- mariadb -e 'STOP REPLICA'
  begin 70 "foobar status $inv" "'$foobar' status $inv"
  until_end 60
  shot "$shots/status.txt"
  screen kill-server

  "$foobar" lab exec web2 -- sed -i 's/worker_connections [0-9]*/worker_connections 64/' /etc/nginx/nginx.conf
  "$foobar" lab exec web1 -- iptables -I INPUT -p tcp --dport 3306 -j ACCEPT
  begin 70 "foobar plan $inv" "'$foobar' plan $inv"
  until_end 60
  shot "$shots/plan.txt"
  screen kill-server
}

draw() {
  mkdir -p docs
  # Pictures do not show where this machine gets its packages from.
  sed -i -E 's#(https?://)[A-Za-z0-9.:-]+(/[^ ]*)?(/debian)#\1mirror\3#g' "$shots"/*.txt
  go run ./bench/picture "$shots"/rollout-*.txt >docs/rollout.svg
  go run ./bench/picture "$shots"/release-*.txt >docs/release.svg
  go run ./bench/picture "$shots/plan.txt" >docs/plan.svg
  go run ./bench/picture "$shots/status.txt" >docs/status.svg
  wc -c docs/*.svg
}

# visit asks for pages for so many seconds, some of them of the database.
visit() { "$foobar" lab curl -sS --rate "$2/s" -o /dev/null "https://www.foobar.com/?[1-$(($1 * $2 / 3))]" -o /dev/null "https://www.foobar.com/api/notes?[1-$(($1 * $2 * 2 / 3))]"; }

page() {
  command -v chromium-headless-shell >/dev/null || { echo "the page's picture needs chromium-headless-shell: apt-get install -y chromium-headless-shell" >&2; return 1; }
  seen=$(mktemp -d) home=$(mktemp -d); chown nobody: "$home"
  trap 'kill "${forward:-}" 2>/dev/null || :; rm -rf "$seen" "$home"; "$foobar" lab down || :' EXIT
  "$foobar" lab up
  "$foobar" lab inventory | sed 's/^\[monitoring\]$/&\nprovider = "prometheus"/' >"$seen/$inv"
  cp -r examples/app "$seen/app"
  sed -i 's|^source = .*|source = "./app"|' "$seen/$inv"
  printf '[monitoring.alerts]\nserver_out = "for 0s"\n' >>"$seen/$inv"
  "$foobar" deploy -y "$seen/$inv"
  visit 240 9
  echo '/* of the next release */' >>"$seen/app/static/style.css"
  visit 90 12 & "$foobar" release -y "$seen/$inv"; wait $!
  visit 120 15
  "$foobar" host drain "$seen/$inv" web3
  visit 90 12 # until the alert is raised
  "$foobar" dashboard -o json "$seen/$inv" >"$seen/said" & forward=$!
  until [ -s "$seen/said" ]; do sleep 0.2; done
  at=$(sed -n 's/.*"page":"\([^"]*\)".*/\1/p' "$seen/said")
  (cd "$home"; setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$home" chromium-headless-shell --no-sandbox --disable-dev-shm-usage \
    --hide-scrollbars --window-size=1280,2050 --virtual-time-budget=8000 --screenshot=page.png "$at#900")
  [ ! -L "$home/page.png" ] && cp "$home/page.png" docs/page.png
  wc -c docs/page.png
}

[ "${1:-}" != page ] || { page; exit 0; }
[ "${1:-}" = draw ] || record
[ "${1:-}" != record ] || exit 0
draw
