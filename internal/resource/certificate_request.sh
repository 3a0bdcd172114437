# Makes a new key in the folder $d and prints a request to sign it.
umask 077
foobar_dir 0755 root:root "$d"
key=$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null)
printf '%s\n' "$key" | foobar_put 0600 root:root "$new"
openssl req -new -key "$new" -sha256 -subj "$subject"
