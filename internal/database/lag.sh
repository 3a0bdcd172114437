# Waits until the replica is less than $most seconds behind, and looks $times.
n=0
while :; do
  s=$(threads)
  lag=$(printf '%s\n' "$s" | sed -n 's/^ *Seconds_Behind_[A-Za-z]*: *//p')
  # MySQL names a lag also of a replica that does not reach its source.
  case $s in *_IO_Running:' Yes'*_SQL_Running:' Yes'*) case $lag in ''|NULL) ;; *) [ "$lag" -ge "$most" ] || exit 0 ;; esac ;; esac
  n=$((n+1))
  [ $n -lt "$times" ] || { echo "the replica is still behind: ${lag:-no replication} s"; failed; }
  sleep 0.5
done
