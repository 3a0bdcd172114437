o(){ printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }
t(){ section "$ask_kind" "$1" "$2"; }
e(){ section "$ask_kind"; }
b(){
  t "$1" "$2"
  head -c 262144 2>/dev/null
  e
}
v(){
  t "$1" "$2"
  printf '%.262144s' "$3"
  e
}
