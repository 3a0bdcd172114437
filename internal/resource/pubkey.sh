# pubkey INDEX KEY FILE sends the public half of the first private key in a file. A key of
# P-256, as openssl and certbot write it, has that in the second half of its text, where
# openssl takes it from, too: that costs no process. Every other key openssl reads. Its variables
# are its own: those of who calls it stay.
pubkey(){
  t "$1" "$2"
  pk_at='' pk_half=''
  if [ -f "$3" ]; then
    while IFS= read -r pk_l; do
      case $pk_at:$pk_l in
      :'-----BEGIN PRIVATE KEY-----') pk_at=1; continue ;;
      :*'PRIVATE KEY'*) break ;;
      :*) continue ;;
      1:MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg????????????????) ;;
      2:???????????????????????????hRANCAA??????????????????????????????) pk_half=${pk_l#????????????????????????????????} ;;
      3:????????????????????????????????????????????????????????) pk_half=$pk_half$pk_l ;;
      4:'-----END PRIVATE KEY-----') pk_at=whole; break ;;
      *) break ;;
      esac
      case $pk_l in *[!A-Za-z0-9+/]*) break ;; esac
      pk_at=$((pk_at+1))
    done <"$3"
  fi
  if [ "$pk_at" = whole ]; then echo "P-256 $pk_half"; else openssl pkey -in "$3" -passin pass: -pubout 2>/dev/null </dev/null; fi
  e
}
# chain INDEX KEY FILE sends the certificates: a private key may be in the file, too. Its
# variables are its own, as pubkey's.
chain(){
  t "$1" "$2"
  ch_on=
  while IFS= read -r ch_l; do
    [ "$ch_l" != '-----BEGIN CERTIFICATE-----' ] || ch_on=1
    [ -z "$ch_on" ] || printf '%s\n' "$ch_l"
    [ "$ch_l" != '-----END CERTIFICATE-----' ] || ch_on=
  done <"$3"
  e
}
# pem INDEX FILE looks at a file with certificates and their key.
pem(){
  if [ ! -e "$2" ] && [ ! -L "$2" ]; then o "$1" state absent; return; fi
  if ! command -v openssl >/dev/null; then o "$1" state "unknown openssl is not installed"; return; fi
  o "$1" state present
  [ -f "$2" ] || return 0
  pubkey "$1" pub "$2"
  chain "$1" pem "$2"
}
