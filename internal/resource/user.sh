# Accounts: the entries of those that are there, then the groups of each, in the same order.
have=$(getent passwd -- "$@") || [ $? = 2 ] || return 0
echo asked
[ "$have" ] || return 0
printf '%s\n' "$have"
set --
while IFS=: read -r name _; do set -- "$@" "$name"; done <<E
$have
E
id -Gn -- "$@"
