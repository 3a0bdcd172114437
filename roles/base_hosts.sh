f=/etc/hosts
foobar_parent $f
n=$f.foobar-new
[ -e $f ] || printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >$f
awk '
/^# foobar begin$/ { printf "%s", held; held = ""; inside = 1; next }
inside && /^# foobar end$/ { held = ""; inside = 0; next }
inside { held = held $0 "\n"; next }
{ print }
END { printf "%s", held }' $f >$n
cat >>$n
chmod 0644 $n
sync $n
mv -f -- $n $f 2>/dev/null || { cat $n >$f; rm -f -- $n; }
