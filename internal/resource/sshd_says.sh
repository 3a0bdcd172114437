# The drop-ins that sshd reads before $path, and what is in force for root.
LC_ALL=C
for f in "${path%/*}"/*.conf; do
  [ "$f" != "$path" ] || break
  [ ! -f "$f" ] || echo "before $f"
done
PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec sshd -T -C "user=root,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=$lport"
