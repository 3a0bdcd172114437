#!/bin/sh
# Written by foobar; changes made here are undone by the next deploy.
# Gives HAProxy the certificate that certbot has got; certbot runs it after
# every renewal.
set -eu
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
live=/etc/letsencrypt/live/www.foobar.com
pem=/etc/haproxy/certs/www.foobar.com.pem
# Other certificates of this host are not HAProxy's.
[ "${RENEWED_LINEAGE:-$live}" = "$live" ] || exit 0

new=$(mktemp "$pem.XXXXXX")
trap 'rm -f -- "$new" "$new.old"' EXIT
cat -- "$live/fullchain.pem" "$live/privkey.pem" >"$new"
public=$(openssl pkey -in "$live/privkey.pem" -pubout)
if [ "$(openssl x509 -in "$new" -noout -pubkey)" != "$public" ]; then
  echo "the key in $live does not belong to the certificate there" >&2
  exit 1
fi
sync -- "$new"
[ ! -e "$pem" ] || cp -p -- "$pem" "$new.old"
mv -f -T -- "$new" "$pem"
if ! haproxy -c -q -f /etc/haproxy/haproxy.cfg; then
  [ ! -e "$new.old" ] || mv -f -T -- "$new.old" "$pem"
  echo "HAProxy refuses its configuration with the new certificate; the old one stays" >&2
  exit 1
fi
# A start reads the new one by itself.
systemctl is-active -q haproxy.service || exit 0

# What is loaded now, for the next deploy to compare: the digests of before the
# reload, and that of the unit file only if the running process began with it.
invocation=$(systemctl show -p InvocationID --value haproxy.service)
started=$(systemctl show -p InactiveExitTimestamp --timestamp=unix --value haproxy.service)
began=
if grep -q -x "invocation $invocation" /run/foobar/haproxy.service 2>/dev/null; then
  began=$(grep -F "  "/etc/systemd/system/haproxy.service.d/foobar.conf /run/foobar/haproxy.service || :)
elif [ "$(stat -c %Z -- /etc/systemd/system/haproxy.service.d/foobar.conf || echo 0)" -lt "${started#@}" ]; then
  began=$(sha256sum -- /etc/systemd/system/haproxy.service.d/foobar.conf || :)
fi
time=$(date +%s)
sums=$(sha256sum -- /etc/haproxy/haproxy.cfg "$pem" /etc/foobar/tls/ca.crt)
master(){ printf '%s\n' "$1" | socat -t 60 - UNIX-CONNECT:/run/haproxy-master.sock; }
failures(){ master 'show proc' | grep -o 'failed: [0-9]*' || :; }
reload(){
  before=$(failures)
  [ -n "$before" ] || { echo "HAProxy's master process does not answer on /run/haproxy-master.sock"; return 1; }
  said=$(master reload) || said=
  case $said in
  *Success=1*) return 0 ;;
  '') sleep 2; [ "$(failures)" != "$before" ] || return 0 ;;
  esac
  echo "HAProxy did not take the configuration and goes on with the one it has:"
  printf '%s\n' "$said" | grep -v -e '^Success' -e '^--$' | tail -n 4
  return 1
}
reload
install -d -m 0700 -- "$(dirname -- /run/foobar/haproxy.service)"
{ echo "time $time"; echo "invocation $invocation"; printf '%s\n' "$sums"; [ -z "$began" ] || printf '%s\n' "$began"; } >/run/foobar/haproxy.service.new
mv -f -- /run/foobar/haproxy.service.new /run/foobar/haproxy.service
# For marks in charts.
logger -t foobar '{"v":1,"verb":"renewal"}' || :
[ ! -d /var/lib/foobar-events ] || touch -- /var/lib/foobar-events/renewal
