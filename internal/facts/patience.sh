# How long nginx and HAProxy, where they run, and the app wait by the configuration that
# foobar wrote last.
set --
[ ! -f /etc/nginx/nginx.conf ] || [ ! -s /run/nginx.pid ] || set -- "$@" /etc/nginx/nginx.conf
[ ! -f /etc/haproxy/haproxy.cfg ] || [ ! -S /run/haproxy/admin.sock ] || set -- "$@" /etc/haproxy/haproxy.cfg
[ ! -f /etc/systemd/system/app.service ] || set -- "$@" /etc/systemd/system/app.service
found='' text=''
[ $# -eq 0 ] || text=$(grep -hE '^ *(worker_shutdown_timeout .*s;|http .*|timeout server .*ms|frontend.*|ExecStart=.* --graceful-timeout .*)$' -- "$@")
IFS='
'
set -f
for l in $text; do
  case $l in
  http*) found=$found,web; continue ;;
  frontend*) found=$found,balancer; continue ;;
  *worker_shutdown_timeout*) k=web v=${l%s;} v=${v##* } ;;
  *'timeout server'*) k=balancer v=${l%ms} v=${v##* } ;;
  *) k=app v=${l#* --graceful-timeout } v=${v%% *} ;;
  esac
  case $found in *"$k"*) ;; *) echo "patience-$k $v"; found=$found,$k ;; esac
done
unset IFS
set +f
