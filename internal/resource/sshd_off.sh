# Makes comments of the lines that set one of $keys, joined by |, where sshd reads them
# before $path. Source: sshd_config(5).
LC_ALL=C
off="s/^[[:space:]]*($keys)[[:space:]=]/# switched off by foobar: &/I"
for f in "${path%/*}"/*.conf; do
  [ "$f" != "$path" ] || break
  [ ! -f "$f" ] || sed -i -E "$off" -- "$f"
done
sed -i -E "1,/^[[:space:]]*Include[[:space:]=].*sshd_config\\.d/I$off" /etc/ssh/sshd_config
