# certbots succeeds where certbot can renew what is in $l: not where these are plain files, as
# of a copy from another server, or where the account that $c names was left there.
certbots(){
  for f in cert chain fullchain privkey; do [ -L "$l/$f.pem" ] || return 1; done
  a=''
  while read -r k _ f; do [ "$k" != account ] || a=$f; done <"$c"
  [ -n "$a" ] || return 0
  for f in "$base"/accounts/*/"$a" "$base"/accounts/*/*/"$a" "$base"/accounts/*/*/*/"$a" "$base"/accounts/*/*/*/*/"$a"; do [ ! -d "$f" ] || return 0; done
  return 1
} 2>/dev/null
# acme INDEX LINEAGE FILE, with certbot's folder in $base.
acme(){
  l=$base/live/$2 c=$base/renewal/$2.conf hooks='' nl='
'
  for f in "$base"/renewal-hooks/*/*; do [ ! -x "$f" ] || [ -d "$f" ] || hooks="$hooks$f$nl"; done
  [ -z "$hooks" ] || v "$1" hooks "$hooks"
  hooks=''
  if [ -f "$base/cli.ini" ]; then
    # What counts at renewals, and no key of an account.
    while read -r f || [ -n "$f" ]; do
      k=${f%%[:=\;#[:space:]]*}
      case ${k#--} in
      *hook | authenticator | configurator | installer | server | cert?name | domain | staging | test?cert | dry?run | config?dir | force?renewal | renew?by?default | must?staple | preferred?challenges | standalone | webroot | nginx | apache | dns[-_]*) hooks="$hooks$f$nl" ;;
      esac
    done <"$base/cli.ini"
    [ -z "$hooks" ] || v "$1" cli "$hooks"
  fi
  if [ ! -e "$l" ] && [ ! -e "$c" ]; then o "$1" state absent; return; fi
  if ! command -v openssl >/dev/null; then o "$1" state "unknown openssl is not installed"; return; fi
  o "$1" state present
  [ ! -f "$c" ] || b "$1" conf <"$c"
  [ ! -f "$l/fullchain.pem" ] || ! certbots || b "$1" chain <"$l/fullchain.pem"
  pubkey "$1" pub "$l/privkey.pem"
  if [ -f "$3" ] && cat "$l/fullchain.pem" "$l/privkey.pem" 2>/dev/null | cmp -s - "$3"; then o "$1" deployed yes; else o "$1" deployed no; fi
}
