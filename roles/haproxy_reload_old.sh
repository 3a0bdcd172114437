master(){ printf '%s\n' "$1" | socat -t 60 - UNIX-CONNECT:/run/haproxy-master.sock; }
# HAProxy before 2.5 does not count failed reloads. After one that succeeded there is a
# worker that was never reloaded; after one that failed the master waits with the old ones.
reload(){
  master 'show proc' | grep -q master || { echo "HAProxy's master process does not answer on /run/haproxy-master.sock"; return 1; }
  master reload >/dev/null || :
  sleep 2
  ! master 'show proc' | awk '$2 == "worker" && $4 == "0" { found = 1 } END { exit !found }' || return 0
  echo "HAProxy did not take the configuration and goes on with the one it has"
  return 1
}
reload
