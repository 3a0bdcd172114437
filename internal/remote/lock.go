package remote

import (
	"context"
	"fmt"
	"strings"
	"time"

	"foobar/internal/fault"
)

// lockFunctions are the part of shellProgram that takes the host's lock, held by
// descriptor 9 of the shell. Status 1 and the holder's words when it is taken, 3
// when it does not lie in a folder that is root's alone. Earlier versions hold
// $2/lock/foobar.lock, in a folder that is open to all, and know no other: that
// file is held, too, by descriptor 7, if it is root's and nobody else can open it.
//
// The shell of a connection that is gone keeps the lock until another run wants
// it: that one sees from the parents of the shell, noted beside the lock, that its
// connection is gone, and ends it with its script.
const lockFunctions = `ours() {
  [ ! -L "$1" ] && [ -O "$1" ] && case $(stat -c %a "$1") in *$2) ;; *) return 1 ;; esac
}
chain() {
  c= p=$1
  while [ "${p:-0}" -gt 1 ]; do
    c="$c $p"
    p=$(sed -n "s/^PPid:[[:space:]]*//p" /proc/$p/status 2>/dev/null)
  done
  echo $c
}
orphan() {
  [ -f "$1" ] && [ -O "$1" ] && [ ! -L "$1" ] || return 1
  { read -r _; read -r e; read -r a; } <"$1" || return 1
  p=${a%% *}
  [ -n "$p" ] && [ -d "/proc/$p" ] && [ "$(chain "$p")" != "$a" ] || return 1
  kill -9 "$p"
  for s in "$e"/*; do
    case $s in */script) ;; *) [ ! -f "$s" ] || kill -9 -- "-$(cat "$s")" ;; esac
  done
  rm -rf "$e"
}
take() {
  flock -n "$1" || { orphan "$2.info" && flock -w 5 "$1"; } || flock $w "$1" && return
  ! ours "$2.info" || head -n 1 "$2.info" | head -c 1024
  return 1
}
lock() {
  i=$(head -c "$n") f=$2/foobar/lock o=$2/lock/foobar.lock
  [ -z "$k" ] || return 0
  [ -e "$2/foobar" ] || mkdir -m 0700 "$2/foobar" || return 2
  [ -d "$2/foobar" ] && ours "$2/foobar" "[0145][0145]" || { echo "$2/foobar, where the lock lies, is not a folder that only root can change"; return 3; }
  umask 077
  command exec 9>>"$f" || return 2
  take 9 "$f" || { exec 9>&-; return 1; }
  if [ -d "$2/lock" ] && [ ! -e "$o" ] && [ ! -L "$o" ]; then
    k=$(mktemp "$2/lock/foobar.XXXXXX") && { ln -T "$k" "$o"; rm -f "$k"; }
  fi 2>/dev/null
  k=
  if [ -f "$o" ] && ours "$o" 00; then
    command exec 7<"$o" && take 7 "$o" || { exec 9>&- 7<&-; return 1; }
    rm -f "$o.info"
  fi
  k=$f.info
  printf "%s, since %s\n%s\n%s\n" "$i" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$d" "$(chain $$)" >"$k"
}
`

// lockTurn is how long the host waits for the lock before it answers.
const lockTurn = 2 * time.Second

// Lock takes the host for this run: /run/foobar/lock, held by the root
// shell until Close or until the connection and the script it runs have ended.
// It waits for another run up to the given time, then fails with ErrLocked and
// says who holds the host. The info names this run to others (user and
// machine); the host adds the time.
func (h *Host) Lock(ctx context.Context, wait time.Duration, info string) (heldBy string, err error) {
	until := time.Now().Add(wait)
	for {
		how := "-n"
		left := min(time.Until(until), lockTurn)
		if left > 0 {
			how = fmt.Sprintf("-w %.2f", left.Seconds())
		}
		j, err := h.shell.start(ctx, randomToken(), "lock", clean(info), how)
		if err != nil {
			return "", err
		}
		said, status, err := h.hearLock(ctx, j, max(left, 0)+6*h.settings.timeout)
		text := clean(strings.Join(said, "\n"))
		switch {
		case err != nil:
			return "", err
		case status == 0:
			return "", nil
		case status == 3:
			return "", h.settings.fail(ErrShell, nil, "see whose it was; what lies there is run by root, so remove it: rm -r "+h.runDir()+"/foobar", "cannot take the host's lock: %s", text).as(fault.UnsafeFolder)
		case status != 1:
			return "", h.settings.fail(ErrShell, nil, "see to that file there", "cannot take the host's lock: %s", text)
		}
		if time.Until(until) <= 0 {
			holder := text
			if holder == "" {
				holder = "somebody unnamed"
			}
			return holder, h.settings.fail(ErrLocked, nil, "wait for it to end, or have this run wait with --lock-wait", "another run holds the host: %s", holder)
		}
		select { // a host that does not wait as it was told is not asked without a pause
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// hearLock waits for the answer of one turn at the lock.
func (h *Host) hearLock(ctx context.Context, j *job, most time.Duration) (said []string, status int, err error) {
	turn, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	status, err = j.follow(turn, func(l string) {
		if len(said) < 100 {
			said = append(said, l)
		}
	})
	if err != nil && turn.Err() != nil && ctx.Err() == nil {
		err = h.silent("asking for its lock", most)
	}
	return said, status, err
}
