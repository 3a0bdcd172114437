# Looks for five seconds whether a replica that was started again goes on, and fails with
# the server's own words, but for the statement, when it stops.
n=0
while [ $n -lt 10 ]; do
  sleep 0.5
  s=$(threads)
  case $s in *_SQL_Running:' Yes'*) ;; *)
    printf '%s\n' "$s" | sed -n 's/^ *Last_SQL_Error: *//p' | sed 's/ Default database: .*//; s/ Query: .*//'
    echo "the replica was started and has stopped again, for something that passes: make room on the disk of /var/lib/mysql (df -h), or end what holds locks here, and deploy again; its data can stay"
    failed ;;
  esac
  n=$((n+1))
done
