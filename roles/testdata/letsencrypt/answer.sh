#!/bin/sh
# Written by foobar; changes made here are undone by the next deploy.
# certbot runs it before ("add") and after ("del") the authority asks for a file
# of the site: HAProxy answers from its memory, and no other program does.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
verb=${1:-} token=${CERTBOT_TOKEN:-} answer=${CERTBOT_VALIDATION:-}
case $verb in add|del) ;; *) echo "usage: $0 add|del, by certbot" >&2; exit 64 ;; esac
# Both come from the authority, and stand in commands to HAProxy.
for word in "$token" "$answer"; do
  case $word in
  ''|*[!A-Za-z0-9._-]*) echo "certbot gave a challenge that is none" >&2; exit 1 ;;
  esac
done
key=/.well-known/acme-challenge/$token
tell(){ printf '%s\n' "$1" | socat -t 10 - UNIX-CONNECT:/run/haproxy/admin.sock; }
tell "del map "/etc/haproxy/acme.map" $key" >/dev/null # else one that a run left would stand beside it
[ "$verb" = add ] || exit 0
said=$(tell "add map "/etc/haproxy/acme.map" $key $answer")
[ -z "$said" ] || { echo "HAProxy does not take the answer: $said" >&2; exit 1; }
