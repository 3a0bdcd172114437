# Reports the host, the user and a digest of the password that a replica logs in with,
# from lines 4 to 6 of master.info; no statement shows the password. The file is read as
# the server's account, which can thus not have root show another one in its place.
if [ -f /var/lib/mysql/master.info ]; then
  { read -r host; read -r user; read -r word; } <<E
$(as_server sed -n 4,6p /var/lib/mysql/master.info </dev/null 2>/dev/null)
E
  sum=$(sha256sum <<E
$word
E
)
  o 0 source-login "$host $user ${sum%% *}"
fi
