# query INDEX STATUS reports $out, what a script printed.
query(){
  o "$1" rc "$2"; v "$1" out "$out"
  case $2 in 0) o "$1" state present ;; 3) o "$1" state absent ;; *) o "$1" state "unknown exit status $2" ;; esac
}
