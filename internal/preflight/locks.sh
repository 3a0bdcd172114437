section locks
find /proc/[0-9]*/fd -maxdepth 1 \( -lname '/var/lib/dpkg/lock*' -o -lname /var/lib/apt/lists/lock -o -lname /var/cache/apt/archives/lock \
  -o -lname /run/foobar/lock -o -lname /run/lock/foobar.lock \) -printf '%p %l\n' 2>/dev/null | head -n 20 | while read -r p l; do
  p=${p#/proc/}; p=${p%%/*}
  case $l in
  */foobar*)
    by=
    for f in "$l.info" /run/foobar/lock.info; do
      [ ! -f "$f" ] || [ ! -O "$f" ] || [ -L "$f" ] || by=$(head -n 1 "$f" | head -c 300)
      [ -z "$by" ] || break
    done
    echo "foobar $p $by"
    continue ;;
  esac
  echo "apt $p $(cat "/proc/$p/comm" 2>/dev/null) $l"
done
