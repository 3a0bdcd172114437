(
cd "$d" || exit
timeout 20 apt-get -q update --print-uris >uris 2>uris.said </dev/null; echo "rc $?" >uris.rc
sed -n "s/^'\([^']*\/dists\/[^']*\/InRelease\)'.*/\1/p" uris | grep -v '//[^/]*@' | sort -u | head -n 8 >mirrors
n=0
while read -r u; do
  n=$((n+1))
  (
    ulimit -f 40000
    v=$u
    case $u in mirror+file:*)
      f=${u#mirror+file:}; f=${f#//}
      v=$(sed -n '/^[a-z]/{s/[[:space:]].*//;p;q;}' "${f%%/dists/*}" 2>/dev/null); v=${v%/}/dists/${f#*/dists/} ;;
    esac
    # shellcheck disable=SC2086 # $as is several words, or none
    timeout 20 $as "$helper" -q -o Acquire::http::Timeout=6 -o Acquire::https::Timeout=6 -o Acquire::Retries=0 \
      download-file "$v" "$d/net/mirror$n" </dev/null >"mirror$n.said" 2>&1
    r=$?
    # shellcheck disable=SC2086
    [ $r != 0 ] || $as sed -n '/^Origin: /{p;q;}' "$d/net/mirror$n" >>"mirror$n.said" 2>/dev/null
    $as rm -f "$d/net/mirror$n"; { echo "uri $u"; echo "rc $r"; tail -c 2048 "mirror$n.said"; } >"mirror$n.told"
  ) &
done <mirrors
wait
) >/dev/null 2>&1 &
