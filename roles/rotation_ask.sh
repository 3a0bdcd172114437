# Prints the line of the server $host in HAProxy's configuration.
while read -r word name rest; do
  [ "$word $name" != "server $host" ] || printf 'configured %s\n' "$rest"
done <"$conf"
