# Notes the digest $sum of the package's file $f, which is installed, and removes the file.
want="installed $(dpkg-deb --field "$f" Version)"
have=$(dpkg-query -W -f '${db:Status-Status} ${Version}' -- "$name")
[ "$have" = "$want" ] || { echo "$name is $have where $want was expected"; exit 1; }
printf '%s %s\n' "$sum" "${have#installed }" | foobar_put 0644 root:root "$record"
rm -f -- "$f"
