# Prints the last $n lines of the log $file, as its account reads it. Where that has fewer,
# those of the files rotated before belong to them, numbered or dated, plain or with gzip, as
# far back as one was written to after $since, a time of the host's or, as in -90, before it.
case $since in -*) since=$(($(date +%s)$since)) ;; esac
one(){
  case $1 in
    *.gz) as timeout 20 gzip -cd -- "$1" ;;
    "$file" | *[0-9]) as tail -q -n "$n" -- "$1" ;;
  esac 2>/dev/null | tail -n "$n" | cut -b "1-$most"
}
have=$(one "$file" | wc -l) earlier=''
while [ "$have" -lt "$n" ] && read -r at name && [ "$at" -ge "$since" ]; do
  have=$((have + $(one "$name" | wc -l))) earlier="$name
$earlier"
done <<E
$(as stat -L -c '%Y %n' -- "$file"[.-][0-9]* 2>/dev/null | sort -rn | head -n 100)
E
# The log comes last: it may be rotated at any moment.
{
  while read -r name; do [ -z "$name" ] || one "$name"; done <<E
$earlier
E
  one "$file"
} | tail -n "$n"
