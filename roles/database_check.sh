cd /
d=$(mktemp -d -p /tmp)
trap 'rm -rf -- "$d"' EXIT
# shellcheck disable=SC2069 # its errors alone are wanted
mariadbd --verbose --help --log-bin-index="$d/index" 2>&1 >/dev/null
