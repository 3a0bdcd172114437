# Reports the host, the user and a digest of the password that a replica logs in with,
# from lines 4 to 6 of master.info; no statement shows the password. The file is read as
# the server's account, which can thus not have root show another one in its place.
[ ! -f /var/lib/mysql/master.info ] || as_server sed -n 4,6p /var/lib/mysql/master.info </dev/null 2>/dev/null | {
  { read -r host; read -r user; read -r word; } || :
  o 0 source-login "$host $user $(printf %s "$word" | sha256sum | cut -c 1-64)"
}
