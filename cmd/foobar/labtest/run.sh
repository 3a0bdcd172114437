#!/bin/sh
# Runs the lab tests with the binary that FOOBAR_BIN names: run.sh [-tags TAGS] [FLAGS
# OF THE TEST BINARY]. What the tests print goes into bin/lab.json; which one runs,
# and what failed, is shown. The lab is gone at the end, however that comes.
set -eu
cd "$(dirname "$0")/../../.."
go=${GO:-go}
tags=lab
[ "${1:-}" != -tags ] || { tags=$2; shift 2; }
"$go" test -c -tags "$tags" -o bin/labtest ./cmd/foobar/labtest
gotestsum=$("$go" tool -n gotestsum)
test2json=$("$go" tool -n test2json)
lab=${FOOBAR_LAB_TEST:-test}
down() { FOOBAR_LAB=$lab "$FOOBAR_BIN" lab down 9>&-; }
# Two runs in one lab would take it away from each other. What they start must not hold the lock.
exec 9>"/run/foobar-labtest-$lab"
flock -n 9 || { echo "another run of the lab tests uses the lab $lab: wait for its end, or name another one in FOOBAR_LAB_TEST" >&2; exit 1; }
trap 'down' EXIT
trap 'exit 130' INT TERM
rm -f bin/labtest.status
cd cmd/foobar/labtest
# No bound for the whole: each wait has its own, and a slow machine may take longer.
# Which test runs is said past gotestsum, which would count these lines as errors.
exec 8>&2
"$gotestsum" --format pkgname-and-test-fails --jsonfile ../../../bin/lab.json --raw-command -- sh -c \
	'test2json=$1; shift; { r=0; ../../../bin/labtest -test.v=test2json -test.timeout=0 "$@" 2>&8 || r=$?; echo $r >../../../bin/labtest.status; } | "$test2json" -t -p foobar/cmd/foobar/labtest' sh "$test2json" "$@" 9>&-
exit "$(cat ../../../bin/labtest.status)"
