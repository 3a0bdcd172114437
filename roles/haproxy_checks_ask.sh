# What each server is asked for: by the map $checks, or, before there is one, by the
# configuration $conf for all servers, which have the name * then.
if [ -r "$checks" ]; then
  while read -r n c; do printf 'asks %s %s\n' "$n" "$c"; done <"$checks"
elif [ -r "$conf" ]; then
  while read -r a b l; do
    case "$a $b $l" in 'http-check send meth GET uri /'*' ver HTTP/1.1 hdr Host '*) l=${l#meth GET uri } && printf 'asks * %s%s\n' "${l##* }" "${l%% *}" ;; esac
  done <"$conf"
fi
