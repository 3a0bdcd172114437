# Accounts: whether a password lets them in, who is in the group of their name, the entries
# of those that are there, then the groups of each, in the same order.
# One process reads both files: the shell's own read takes a call of the system for each byte.
file='' text=$(tail -v -n +1 -- /etc/shadow /etc/group 2>/dev/null)
IFS='
'
set -f
for line in $text; do
  case $line in '==> '*' <==') file=$line; continue ;; esac
  name=${line%%:*} i=0
  for n; do
    if [ "$n" = "$name" ]; then
      case $file in
        */shadow*) case ${line#*:} in '!'* | '*'*) ;; *) o $i password 'lets in' ;; esac ;;
        *) [ -z "${line##*:}" ] || o $i members "${line##*:}" ;;
      esac
    fi
    i=$((i+1))
  done
done
unset IFS
set +f
text=
have=$(getent passwd -- "$@") || [ $? = 2 ] || return 0
echo asked
[ "$have" ] || return 0
printf '%s\n' "$have"
set --
while IFS=: read -r name _; do set -- "$@" "$name"; done <<E
$have
E
id -Gn -- "$@" 2>/dev/null || : # a group that is gone is its number
