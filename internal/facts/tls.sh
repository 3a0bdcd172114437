tls(){ on=
  while IFS= read -r l; do
    case $l in "-----BEGIN CERTIFICATE-----") on=1 ;; esac
    [ -z "$on" ] || echo "$1 $l"
    case $l in "-----END CERTIFICATE-----") on= ;; esac
  done <"$2"
}
for f in tls-chain:host.crt tls-trusted:ca.crt; do
  [ ! -f "/etc/foobar/tls/${f#*:}" ] || tls "${f%%:*}" "/etc/foobar/tls/${f#*:}"
done
