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
word='' have='' found='' nss='' nl='
'
# Where the files come first, getent would find there what is in them.
[ ! -r /etc/nsswitch.conf ] || while read -r name list; do
  [ "$name" != passwd: ] || { nss=$list; break; }
done </etc/nsswitch.conf
case $nss in
  files | 'files '[!\[]*)
    while IFS= read -r line; do
      name=${line%%:*}
      case $found in *" $name "*) continue ;; esac
      case $line in *:*:*:*:*:*:*:*) continue ;; *:*:*:*:*:*:*) ;; *) continue ;; esac
      for n; do [ "$n" != "$name" ] || { have=$have$line$nl found="$found $name "; break; }; done
    done </etc/passwd
    for n; do
      shift
      case $found in *" $n "*) ;; *) set -- "$@" "$n" ;; esac
    done
    ;;
esac
if [ $# -gt 0 ]; then
  line=$(getent passwd -- "$@") || [ $? = 2 ] || return 0
  have=$have${line:+$line$nl}
fi
echo asked
[ "$have" ] || return 0
printf %s "$have"
set --
while IFS=: read -r name _; do set -- "$@" "$name"; done <<E
${have%"$nl"}
E
id -Gn -- "$@"
