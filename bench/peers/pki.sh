#!/bin/sh
# Makes a private CA, one certificate a server and one for the balancer in the folder
# that BENCH_PKI names.
set -eu
umask 077
mkdir -p "${BENCH_PKI:?}" && cd "$BENCH_PKI"
# Those of earlier versions Python does not take.
openssl x509 -in ca.crt -noout -ext keyUsage 2>/dev/null | grep -q Sign || rm -f -- *.crt *.key *.pem
key() { openssl "$@" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes 2>/dev/null; }
[ -f ca.crt ] || key req -x509 -days 3650 -subj "/CN=bench CA" -addext keyUsage=critical,keyCertSign,cRLSign -keyout ca.key -out ca.crt
issue() { # NAME ADDRESS
  [ ! -f "$1.pem" ] || return 0
  key req -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
  # Python verifies strictly, and wants these of whoever signs.
  printf 'subjectAltName=DNS:%s,DNS:app.example.test,IP:%s\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' "$1" "$2" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 825 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
  cat "$1.crt" "$1.key" >"$1.pem"
}
issue lb1 10.77.0.11
for i in 1 2 3; do issue srv$i 10.77.0.$((11+i)); done
