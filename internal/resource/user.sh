# Accounts: whether a password lets them in, who is in the group of their name, the entries
# of those that are there, then the groups of each, in the same order.
if [ -r /etc/shadow ]; then
  while IFS=: read -r name word _; do
    i=0
    for n; do
      case $n:$word in "$name:!"* | "$name:*"*) ;; "$name:"*) o $i password 'lets in' ;; esac
      i=$((i+1))
    done
  done </etc/shadow
fi
if [ -r /etc/group ]; then
  while IFS=: read -r name _ _ members; do
    i=0
    for n; do
      [ "$n" != "$name" ] || [ -z "$members" ] || o $i members "$members"
      i=$((i+1))
    done
  done </etc/group
fi
word=
have=$(getent passwd -- "$@") || [ $? = 2 ] || return 0
echo asked
[ "$have" ] || return 0
printf '%s\n' "$have"
set --
while IFS=: read -r name _; do set -- "$@" "$name"; done <<E
$have
E
id -Gn -- "$@"
