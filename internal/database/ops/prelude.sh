# Begins a script with the functions of a dialect.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 077
login=/nonexistent work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
