# How long nginx and HAProxy, where they run, and the app wait by the configuration that
# foobar wrote last: the shell reads byte by byte, and stops at the line that it wants.
[ ! -f /etc/nginx/nginx.conf ] || [ ! -s /run/nginx.pid ] || while read -r k v _; do
  case $k=$v in worker_shutdown_timeout=*s\;) echo "patience-web ${v%s;}"; break ;; http=*) break ;; esac
done </etc/nginx/nginx.conf
[ ! -f /etc/haproxy/haproxy.cfg ] || [ ! -S /run/haproxy/admin.sock ] || while read -r k a v _; do
  case "$k $a=$v" in 'timeout server='*ms) echo "patience-balancer ${v%ms}"; break ;; frontend*) break ;; esac
done </etc/haproxy/haproxy.cfg
[ ! -f /etc/systemd/system/app.service ] || while read -r line; do
  case $line in ExecStart=*' --graceful-timeout '*)
    line=${line#* --graceful-timeout }
    echo "patience-app ${line%% *}"
    break
    ;;
  esac
done </etc/systemd/system/app.service
