# Has certbot renew the certificate $lineage, whose folder is $live: where it is due; with
# $how --force-renewal at once; with --dry-run for a trial that keeps nothing, for which
# certbot takes the staging server of Let's Encrypt, or $server where that is another
# authority's. $within seconds are the most that another run of certbot is waited for.
command -v certbot >/dev/null || { echo "certbot is not installed"; missing; }
log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
serial(){ openssl x509 -noout -serial -enddate -in "$live/fullchain.pem"; }
before=$(serial)
set --
[ "$how" != --dry-run ] || set -- --server "$server"
n=0
until certbot renew --non-interactive --no-random-sleep-on-renew --cert-name "$lineage" ${how:+"$how"} "$@" >"$log" 2>&1 </dev/null; do
  n=$((n+5))
  if [ $n -lt "$within" ] && grep -q 'Another instance of Certbot' "$log"; then sleep 5; continue; fi
  echo "$lineage was not renewed; more in /var/log/letsencrypt/letsencrypt.log; the reason:"
  if grep -q '^ *Detail:' "$log"; then
    awk '/^ *Domain:/ { d = $2 } /^ *Detail:/ { sub(/^ *Detail: */, ""); print d ": " $0 }' "$log" | head -n 4
  else
    grep -e "with error" "$log" || grep -i -e fail -e error "$log" | tail -n 3
  fi | cut -c 1-400
  refused
done
if [ "$how" = --dry-run ]; then echo "the trial succeeded: a renewal would, too; nothing was kept"; exit 0; fi
# certbot succeeds even when its hook fails.
cat -- "$live/fullchain.pem" "$live/privkey.pem" | cmp -s - "$deployed" || RENEWED_LINEAGE=$live "$hook" 2>&1
until=$(openssl x509 -noout -enddate -in "$live/fullchain.pem")
if [ "$before" = "$(serial)" ]; then echo "not due yet: it ends ${until#*=}; --force renews it all the same"; else echo "renewed: it ends ${until#*=}"; fi
