d=$(mktemp -d /run/foobar-check.XXXXXX) || exit 1
trap 'rm -rf -- "$d"' EXIT
trap 'exit 1' HUP INT TERM
as="setpriv --reuid=_apt --regid=nogroup --clear-groups --no-new-privs --"
id -u _apt >/dev/null 2>&1 || as= # no Debian, and nothing of apt's to run
mkdir -m 0700 "$d/net" && { [ -z "$as" ] || chown _apt:nogroup "$d/net"; } && chmod 0711 "$d" || exit 1
helper=/usr/lib/apt/apt-helper
reach(){
  timeout 4 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1 && echo open || case $? in 124) echo timeout ;; esac
}
# peer ADDRESS PORT: whether another host of the site can be reached, and from which address.
peer(){
  reach "$1" "$2"
  ip -o route get "$1" 2>/dev/null | sed -n 's/^.* src \([^ ]*\).*$/source \1/p'
}
fetch(){
  ulimit -f 40000
  [ -n "$2" ] || [ -s /etc/ssl/certs/ca-certificates.crt ] || echo "no roots"
  [ -x $helper ] || { reach "$4" "$5" | sed 's/^/tcp /'; return; }
  # shellcheck disable=SC2086 # $as is several words, or none
  timeout 20 $as "$helper" -q -o Acquire::http::Proxy=DIRECT -o Acquire::https::Proxy=DIRECT -o Acquire::http::Proxy-Auto-Detect= \
    -o Acquire::https::Proxy-Auto-Detect= -o Acquire::https::Verify-Peer=true -o Acquire::https::Verify-Host=true ${2:+-o "Acquire::https::CAInfo=$2"} \
    -o Acquire::http::Timeout=6 -o Acquire::https::Timeout=6 -o Acquire::Retries=0 download-file "$1" "$3" </dev/null 2>&1
  case $? in 0) echo fetched ;; *) reach "$4" "$5" | sed 's/^/tcp /' ;; esac
}
place(){
  p=$1
  while [ ! -e "$p" ]; do p=${p%/*}; [ -n "$p" ] || p=/; done
  echo "$1 kib $(timeout 5 df -Pk -- "$p" 2>/dev/null | tail -n 1)"
  echo "$1 inodes $(timeout 5 df -Pi -- "$p" 2>/dev/null | tail -n 1)"
}
