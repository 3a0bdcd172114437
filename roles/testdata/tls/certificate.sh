#!/bin/sh
# Written by foobar; changes made here are undone by the next deploy.
#
# Keeps the certificate with which this host proves to the others who it is. The
# host signs it itself, with an issuing key that is good for its own names alone:
# no other machine is needed.
#
#   foobar-certificate renew   sign anew when it is due; then load
#   foobar-certificate sign    sign anew
#   foobar-certificate load    let the services that run with older files load them
set -eu
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
umask 077

dir=/etc/foobar/tls group=foobar-tls name=web1.internal
issuer=$dir/issuer.pem

# (the functions of sh.Files)

certs() { sed -n '/^-----BEGIN CERTIFICATE-----$/,/^-----END CERTIFICATE-----$/p' "$1"; }
die() { echo "error: $*" >&2; exit 1; }

# due says why a new certificate is needed, and nothing when none is.
due() {
  if [ ! -f "$dir/host.key" ] || [ ! -f "$dir/host.crt" ]; then echo "there is none"; return; fi
  openssl x509 -in "$dir/host.crt" -noout -checkend 2592000 >/dev/null || { echo "less than 30 days are left"; return; }
  # The clock of this host was ahead once; nobody takes that certificate.
  [ "$(date -d "$(openssl x509 -in "$dir/host.crt" -noout -startdate | cut -d= -f2)" +%s)" -le "$(date +%s)" ] || { echo "it is not valid yet"; return; }
  [ -f "$issuer" ] || return 0
  case $(certs "$dir/host.crt") in *"$(certs "$issuer")"*) ;; *) echo "the issuing certificate is another one" ;; esac
}

# sign makes a new key each time: a stolen one is good for no longer than its
# certificate. Key and certificates are one file, so that no service reads half
# of the old and half of the new; host.crt is a link to it.
sign() {
  [ -f "$issuer" ] || die "$issuer is not there; foobar deploy makes it"
  t=$(mktemp -d "$dir/.new.XXXXXX")
  trap 'rm -rf -- "$t"' EXIT
  trap 'exit 1' HUP INT TERM
  cat >"$t/conf" <<EOF
[req]
distinguished_name = subject
[subject]
[ca]
default_ca = host
[host]
database = $t/index
new_certs_dir = $t
policy = subjects
rand_serial = yes
default_md = sha256
copy_extensions = none
x509_extensions = leaf
[subjects]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:web1.internal,IP:10.77.0.11
EOF
  : >"$t/index"
  cat -- "$issuer" >"$t/issuer.pem"
  certs "$t/issuer.pem" >"$t/issuer"
  openssl x509 -in "$t/issuer" -noout -checkend 2592000 >/dev/null || die "the issuing certificate ends in less than 30 days; foobar deploy makes a new one"
  openssl req -new -config "$t/conf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -subj "/CN=$name" \
    -keyout "$t/key" -out "$t/request" 2>"$t/said" || { tail -n 3 "$t/said"; die "no key was made"; }
  # Valid since yesterday: the clock of another host may be behind.
  openssl ca -config "$t/conf" -batch -notext -cert "$t/issuer" -keyfile "$t/issuer.pem" -in "$t/request" -out "$t/cert" \
    -startdate "$(date -u -d '1 day ago' +%Y%m%d%H%M%SZ)" -days 90 >"$t/said" 2>&1 </dev/null || { tail -n 3 "$t/said"; die "nothing was signed"; }
  openssl verify -CAfile "$dir/ca.crt" -no-CApath -untrusted "$t/issuer" -purpose sslserver -verify_hostname "$name" "$t/cert" >"$t/said" 2>&1 ||
    { tail -n 3 "$t/said"; die "the other hosts would not accept what was signed; foobar deploy makes a new issuing certificate"; }
  getent group "$group" >/dev/null || groupadd -r -- "$group"
  if [ "$(readlink -- "$dir/host.crt" || :)" != host.key ]; then
    # The files of an earlier version: made one first, they fit at every moment.
    if [ -f "$dir/host.key" ] && [ -f "$dir/host.crt" ]; then
      old=$(cat -- "$dir/host.crt" "$dir/host.key")
      printf '%s\n' "$old" | foobar_put 0640 "root:$group" "$dir/host.key"
      link
    fi
  fi
  cat -- "$t/cert" "$t/issuer" "$t/key" | foobar_put 0640 "root:$group" "$dir/host.key"
  link
  echo "signed a certificate for $name, valid until $(openssl x509 -in "$t/cert" -noout -enddate | cut -d= -f2)"
}

link() {
  [ "$(readlink -- "$dir/host.crt" || :)" != host.key ] || return 0
  ln -s host.key "$t/link"
  mv -f -T -- "$t/link" "$dir/host.crt"
}

load() {
  :
( u=nginx.service stamp=/run/foobar/nginx.service
systemctl is-active -q -- "$u" || exit 0
inv='' started=0 known='' at=0 nl='
'
while IFS='=' read -r k v; do
  case $k in InvocationID) inv=$v ;; InactiveExitTimestamp) started=${v#@} ;; esac
done <<EOF
$(systemctl show --timestamp=unix -p InvocationID,InactiveExitTimestamp -- "$u")
EOF
[ ! -f "$stamp" ] || known=$(cat -- "$stamp")
case $nl$known$nl in *"${nl}invocation $inv$nl"*) at=${known#*time } at=${at%%"$nl"*} ;; *) known='' ;; esac
stale=''
for f in /etc/foobar/tls/host.key; do
  changed=$(stat -c %Z -- "$f")
  if [ -z "$known" ]; then
    [ "$changed" -lt "$started" ] || stale=1
  else
    case $nl$known$nl in *"$nl$(sha256sum -- "$f")$nl"*) [ "$changed" -le "$at" ] || stale=1 ;; *) stale=1 ;; esac
  fi
done
[ "$stale" ] || exit 0
kept=''
for f in /etc/systemd/system/nginx.service.d/foobar.conf; do
  if [ "$known" ]; then
    case $nl$known$nl in *"  $f$nl"*) line=${known%%"  $f"*}; kept="$kept${line##*"$nl"}  $f$nl" ;; esac
  elif [ -f "$f" ] && [ "$(stat -c %Z -- "$f")" -lt "$started" ]; then
    kept="$kept$(sha256sum -- "$f")$nl"
  fi
done
( set -eu
nginx -t -q
)
at=$(date +%s) sums=$(sha256sum -- /etc/foobar/tls/host.key /etc/nginx/nginx.conf)
for changed in $(stat -c %Z -- /etc/foobar/tls/host.key /etc/nginx/nginx.conf); do [ "$changed" -le "$at" ] || at=$changed; done # the clock was ahead
systemctl reload -- "$u" || { journalctl -q -u "$u" -n 20 --no-pager -o cat; exit 102; }
foobar_dir 0700 root:root /run/foobar
printf 'time %s\ninvocation %s\n%s\n%s' "$at" "$inv" "$sums" "$kept" | foobar_put 0600 root:root "$stamp"
echo "$u loaded the new certificates"
)
( u=mariadb.service stamp=/run/foobar/mariadb.service
systemctl is-active -q -- "$u" || exit 0
inv='' started=0 known='' at=0 nl='
'
while IFS='=' read -r k v; do
  case $k in InvocationID) inv=$v ;; InactiveExitTimestamp) started=${v#@} ;; esac
done <<EOF
$(systemctl show --timestamp=unix -p InvocationID,InactiveExitTimestamp -- "$u")
EOF
[ ! -f "$stamp" ] || known=$(cat -- "$stamp")
case $nl$known$nl in *"${nl}invocation $inv$nl"*) at=${known#*time } at=${at%%"$nl"*} ;; *) known='' ;; esac
stale=''
for f in /etc/foobar/tls/ca.crt /etc/foobar/tls/host.key; do
  changed=$(stat -c %Z -- "$f")
  if [ -z "$known" ]; then
    [ "$changed" -lt "$started" ] || stale=1
  else
    case $nl$known$nl in *"$nl$(sha256sum -- "$f")$nl"*) [ "$changed" -le "$at" ] || stale=1 ;; *) stale=1 ;; esac
  fi
done
[ "$stale" ] || exit 0
kept=''
for f in /etc/mysql/mariadb.conf.d/90-foobar.cnf /etc/systemd/system/mariadb.service.d/foobar.conf; do
  if [ "$known" ]; then
    case $nl$known$nl in *"  $f$nl"*) line=${known%%"  $f"*}; kept="$kept${line##*"$nl"}  $f$nl" ;; esac
  elif [ -f "$f" ] && [ "$(stat -c %Z -- "$f")" -lt "$started" ]; then
    kept="$kept$(sha256sum -- "$f")$nl"
  fi
done
at=$(date +%s) sums=$(sha256sum -- /etc/foobar/tls/ca.crt /etc/foobar/tls/host.key)
for changed in $(stat -c %Z -- /etc/foobar/tls/ca.crt /etc/foobar/tls/host.key); do [ "$changed" -le "$at" ] || at=$changed; done # the clock was ahead
mariadb --no-defaults --skip-ssl --binary-mode --local-infile=0 -uroot -S /run/mysqld/mysqld.sock --init-command='SET max_statement_time=0' -e 'FLUSH LOCAL SSL' </dev/null
foobar_dir 0700 root:root /run/foobar
printf 'time %s\ninvocation %s\n%s\n%s' "$at" "$inv" "$sums" "$kept" | foobar_put 0600 root:root "$stamp"
echo "$u loaded the new certificates"
)
}

foobar_parent "$dir/host.key"
exec 9>"$dir/.lock"
flock 9
rm -rf -- "$dir"/.new.*
case ${1-} in
  renew)
    why=$(due)
    if [ "$why" ]; then
      echo "the certificate is due: $why"
      sign
    fi
    load ;;
  sign) sign ;;
  load) load ;;
  *) echo "usage: foobar-certificate renew | sign | load" >&2; exit 64 ;;
esac
