# Makes the mark $1 that says $2.
cd /
umask 027
n=$1.new
rm -f -- "$n"
set -C
printf '%s\n' "$2" >"$n"
sync -- "$n"
mv -fT -- "$n" "$1"
sync -- "${1%/*}"
