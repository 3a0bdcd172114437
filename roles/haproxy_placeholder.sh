# A certificate and its key in the file $f, usable for $domain.

# usable CERTIFICATE KEY succeeds when the one belongs to the other and names the domain.
usable(){
  k=$(openssl pkey -in "$2" -passin pass: -pubout 2>/dev/null) && c=$(openssl x509 -in "$1" -noout -pubkey -checkhost "$domain" 2>/dev/null) || return
  case $c in *"$k"*'does match'*) ;; *'does match'*"$k"*) ;; *) return 1 ;; esac
}

# write LIVE NAMES writes the file whole or not at all: certbot's, from the folder LIVE, or a
# self-signed one for what openssl is to call NAMES.
write(){
  umask 077
  if [ -d "$f" ] && [ ! -L "$f" ]; then echo "$f is a directory, and should be a file; move it away by hand"; exit 1; fi
  foobar_parent "$f"
  t=$(mktemp -d "${f%/*}/.foobar-XXXXXX")
  trap 'rm -rf -- "$t"' EXIT
  if usable "$1/fullchain.pem" "$1/privkey.pem"; then
    cat -- "$1/fullchain.pem" "$1/privkey.pem" >"$t/pem"
  else
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 -subj '/O=foobar/CN=placeholder' \
      -addext "subjectAltName=$2" -keyout "$t/key" -out "$t/crt" 2>"$t/said" || { tail -n 3 "$t/said"; exit 1; }
    cat -- "$t/crt" "$t/key" >"$t/pem"
  fi
  foobar_put 0600 root:root "$f" <"$t/pem"
}
