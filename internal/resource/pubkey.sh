# pem_lines FILE leaves what is in it in $pem_text. One process reads for all who look at the
# same file in turn: the shell's own read takes a call of the system for each byte.
pem_of=''
pem_lines(){
  [ -z "$pem_of" ] || ! [ "$1" -ef "$pem_of" ] || return 0
  pem_of=$1 pem_text=$(head -c 262144 -- "$1" 2>/dev/null)
}
# pubkey INDEX KEY FILE sends the public half of the first private key in a file. A key of
# P-256, as openssl and certbot write it, has that in the second half of its text, where
# openssl takes it from, too: that costs no process. Every other key openssl reads. Its variables
# are its own: those of who calls it stay.
pubkey(){
  t "$1" "$2"
  pk_at='' pk_half='' pk_text=''
  if [ -f "$3" ]; then pem_lines "$3"; pk_text=$pem_text; fi
  IFS='
'
  set -f
  for pk_l in $pk_text; do
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
  done
  unset IFS
  set +f
  if [ "$pk_at" = whole ]; then echo "P-256 $pk_half"; else openssl pkey -in "$3" -passin pass: -pubout 2>/dev/null </dev/null; fi
  e
}
# chain INDEX KEY FILE sends the certificates: a private key may be in the file, too. Its
# variables are its own, as pubkey's.
chain(){
  t "$1" "$2"
  pem_lines "$3"
  ch_on='' IFS='
'
  set -f
  for ch_l in $pem_text; do
    [ "$ch_l" != '-----BEGIN CERTIFICATE-----' ] || ch_on=1
    [ -z "$ch_on" ] || printf '%s\n' "$ch_l"
    [ "$ch_l" != '-----END CERTIFICATE-----' ] || ch_on=
  done
  unset IFS
  set +f
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
