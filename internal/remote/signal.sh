printf "\n%s %s\n" "$1" "$u"
s=$(cat) || exit 1
[ "${s%"$2"}" = "$s" ] && exit 76
eval "${s%"$2"}" </dev/null 2>&1
