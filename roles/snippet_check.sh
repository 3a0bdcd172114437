# Says which line of the file $snippet a checker means, by what it has $said of the
# configuration, in whose lines $first to $last the file stands. Sources: nginx's
# ngx_conf_file.c ("TEXT in FILE:LINE"), HAProxy's cfgparse.c ("parsing [FILE:LINE] : TEXT").
told=''
while IFS= read -r line; do
  case $line in
  *'parsing ['*:*']'*) n=${line#*parsing [} text=${n#*] : } n=${n%%]*} n=${n##*:} ;;
  *'] '*' in '*:*) n=${line##*:} text=${line#*] } text=${text% in *} ;;
  *) continue ;;
  esac
  case $n in '' | *[!0-9]*) continue ;; esac
  case $text in [0-9]*'#'[0-9]*': '*) text=${text#*: } ;; esac # its process
  if [ "$n" -ge "$first" ] && [ "$n" -le "$last" ]; then
    echo "$key: $snippet:$((n - first + 1)): $text"
    told=1
  fi
done <<E
$said
E
[ "$told" ] || cat <<E
$said
$key: $snippet may be why: it stands in the lines $first to $last
E
exit 1
