# Waits, for at most five seconds, until sshd listens again: on a reload it starts itself
# anew.
sleep 0.3
n=0
while command -v ss >/dev/null && ! ss -Hltnp | grep -q '"sshd"'; do
  n=$((n+1))
  [ $n -lt 50 ] || break
  sleep 0.1
done
