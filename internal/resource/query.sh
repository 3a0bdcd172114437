# query INDEX STATUS reports $out, what a script printed.
query(){
  v "$1" out "$out"
  answered "$1" "$2"
}
# answered INDEX STATUS reports the status of a script.
answered(){
  o "$1" rc "$2"
  case $2 in 0) o "$1" state present ;; 3) o "$1" state absent ;; *) o "$1" state "unknown exit status $2" ;; esac
}
