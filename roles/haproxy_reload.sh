master(){ printf '%s\n' "$1" | socat -t 60 - UNIX-CONNECT:/run/haproxy-master.sock; }
failures(){ master 'show proc' | grep -o 'failed: [0-9]*' || :; }
reload(){
  before=$(failures)
  [ -n "$before" ] || { echo "HAProxy's master process does not answer on /run/haproxy-master.sock"; return 1; }
  said=$(master reload) || said=
  case $said in
  *Success=1*) return 0 ;;
  '') sleep 2; [ "$(failures)" != "$before" ] || return 0 ;;
  esac
  echo "HAProxy did not take the configuration and goes on with the one it has:"
  printf '%s\n' "$said" | grep -v -e '^Success' -e '^--$' | tail -n 4
  return 1
}
reload
