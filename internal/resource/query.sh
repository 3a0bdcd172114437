# query INDEX SCRIPT
query(){
  out=$(sh -c "$2" 2>&1 </dev/null; printf 'x%d' $?); rc=${out##*x}; out=${out%x*}
  o "$1" rc "$rc"; v "$1" out "$out"
  case $rc in 0) o "$1" state present ;; 3) o "$1" state absent ;; *) o "$1" state "unknown exit status $rc" ;; esac
}
