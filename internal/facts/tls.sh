set --
for f in host.crt ca.crt; do [ ! -f "/etc/foobar/tls/$f" ] || set -- "$@" "/etc/foobar/tls/$f"; done
tls='' name='' on=''
[ $# -eq 0 ] || tls=$(tail -v -n +1 -- "$@" 2>/dev/null)
IFS='
'
set -f
for l in $tls; do
  case $l in
    '==> '*/host.crt' <==') name=tls-chain on='' ;;
    '==> '*/ca.crt' <==') name=tls-trusted on='' ;;
    "-----BEGIN CERTIFICATE-----") on=1 ;;
  esac
  [ -z "$on" ] || echo "$name $l"
  case $l in "-----END CERTIFICATE-----") on= ;; esac
done
unset IFS
set +f
