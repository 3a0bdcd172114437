# certificate INDEX KEY CERTIFICATE ISSUER
certificate(){
  if [ ! -e "$2" ] && [ ! -L "$2" ]; then o "$1" state absent; return; fi
  if ! command -v openssl >/dev/null; then o "$1" state "unknown openssl is not installed"; return; fi
  o "$1" state present
  pubkey "$1" pub "$2"
  [ ! -f "$3" ] || chain "$1" pem "$3"
  [ -e "$4" ] || [ -L "$4" ] || return 0
  pubkey "$1" issuer-pub "$4"
  [ ! -f "$4" ] || chain "$1" issuer-pem "$4"
}
