# certificate INDEX KEY CERTIFICATE ISSUER
certificate(){
  if [ ! -e "$2" ] && [ ! -L "$2" ]; then o "$1" state absent; return; fi
  if ! command -v openssl >/dev/null; then o "$1" state "unknown openssl is not installed"; return; fi
  o "$1" state present
  o "$1" key "$(stat -c '%04a %U:%G %F' -- "$2")"
  t "$1" pub; openssl pkey -in "$2" -passin pass: -pubout 2>/dev/null </dev/null; e
  if [ -L "$3" ]; then o "$1" link "$(readlink -- "$3")"; fi
  [ ! -f "$3" ] || chain "$1" pem "$3"
  [ -e "$4" ] || [ -L "$4" ] || return 0
  o "$1" issuer "$(stat -c '%04a %U:%G %F' -- "$4")"
  t "$1" issuer-pub; openssl pkey -in "$4" -passin pass: -pubout 2>/dev/null </dev/null; e
  [ ! -f "$4" ] || chain "$1" issuer-pem "$4"
}
# chain INDEX KEY FILE sends the certificates: a private key may be in the file, too.
chain(){ t "$1" "$2"; sed -n '/^-----BEGIN CERTIFICATE-----$/,/^-----END CERTIFICATE-----$/p' "$3"; e; }
