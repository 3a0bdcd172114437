# query INDEX SCRIPT
query(){
  out=$(script=$2; set --; trap 'printf x%d $?' EXIT; exec 2>&1 </dev/null; eval "$script"); rc=${out##*x} out=${out%x*}
  o "$1" rc "$rc"; v "$1" out "$out"
  case $rc in 0) o "$1" state present ;; 3) o "$1" state absent ;; *) o "$1" state "unknown exit status $rc" ;; esac
}
