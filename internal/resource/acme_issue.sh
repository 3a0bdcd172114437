# Asks the authority for a certificate by certbot's command line, which is the arguments.
# What certbot has in its folder $base under the name $lineage is put into $aside first,
# where one is named, and back again should the authority refuse. Its accounts with that are
# in $accounts.
command -v certbot >/dev/null || { echo "certbot is not installed"; missing; }
log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
move(){
  for f in "live/$lineage" "archive/$lineage" "renewal/$lineage.conf"; do
    if [ -e "$1/$f" ] || [ -L "$1/$f" ]; then mkdir -p -- "$2/${f%/*}"; rm -rf -- "${2:?}/$f"; mv -T -- "$1/$f" "$2/$f"; fi
  done
}
# Of several accounts certbot asks which to take, though nobody can answer: that of the
# certificate, else the newest.
account=$(sed -n 's/^account *= *//p' "$base/renewal/$lineage.conf" 2>/dev/null || :)
all=$(ls -t -- "$accounts"/*/regr.json 2>/dev/null || :)
case $all in *regr.json*regr.json)
  if [ -z "$account" ] || [ ! -e "$accounts/$account/regr.json" ]; then account=${all%%/regr.json*} account=${account##*/}; fi
  set -- "$@" --account "$account" ;;
esac
if [ "$aside" ]; then
  rm -rf -- "$base/.foobar-aside" # of earlier versions, which left it behind
  # A run that was cut off left what there was.
  [ -s "$base/renewal/$lineage.conf" ] || move "$aside" "$base"
  rm -rf -- "$aside"
  install -d -m 0700 -- "$aside"
  move "$base" "$aside"
fi
n=0
until "$@" >"$log" 2>&1 </dev/null; do
  n=$((n+1))
  if [ $n -lt 12 ] && grep -q 'Another instance of Certbot' "$log"; then sleep 5; continue; fi
  if [ "$aside" ]; then move "$aside" "$base"; fi
  echo "no certificate for $lineage; more in /var/log/letsencrypt/letsencrypt.log; the reason:"
  if grep -q '^ *Detail:' "$log"; then
    awk '/^ *Domain:/ { d = $2 } /^ *Detail:/ { sub(/^ *Detail: */, ""); print d ": " $0 }' "$log" | head -n 4
  else
    grep -v -e '^Saving debug log' -e '^Ask for help' -e '^ *$' "$log" | tail -n 3
  fi | cut -c 1-400
  refused
done
[ -z "$aside" ] || rm -rf -- "$aside"
