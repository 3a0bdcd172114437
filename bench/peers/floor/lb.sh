# What the balancer gets. It follows common.sh in one script.
main() {
  common
  install -d -m700 /etc/haproxy/tls
  echo "$PEM" | put 600 /etc/haproxy/tls/lb.pem
  echo "$CA" | put 644 /etc/haproxy/tls/ca.crt
  echo "$ACME_CA" | put 644 /etc/haproxy/tls/acme-ca.pem
  put 644 /etc/haproxy/haproxy.cfg <<CFG
global
  log /dev/log local0
  user haproxy
  group haproxy
  maxconn 4096
  stats socket /run/haproxy/admin.sock mode 660 level admin

defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 30s
  timeout server 30s

frontend http
  bind :::80 v4v6
  http-request redirect scheme https code 301 unless { path_beg /.well-known/acme-challenge/ }
  default_backend acme

backend acme
  server certbot 127.0.0.1:8888

frontend https
  bind :::443 v4v6 ssl crt /etc/haproxy/tls/lb.pem
  option forwardfor
  default_backend servers

backend servers
  balance roundrobin
  option httpchk GET /healthz
  http-check expect status 200
$(echo "$SERVERS" | while read -r a n; do
  echo "  server $n $a:443 ssl verify required ca-file /etc/haproxy/tls/ca.crt sni str(app.example.test) check check-sni app.example.test inter 2s fall 3 rise 2"; done)
CFG
  packages haproxy rsyslog certbot
  firewall 80 443 >/dev/null
  systemctl is-active -q haproxy
  REQUESTS_CA_BUNDLE=/etc/haproxy/tls/acme-ca.pem certbot certonly -q -n --agree-tos -m ops@foobar.com --server https://10.77.0.1:14000/dir \
    --standalone --http-01-address 127.0.0.1 --http-01-port 8888 -d www.foobar.com
  cat /etc/letsencrypt/live/www.foobar.com/fullchain.pem /etc/letsencrypt/live/www.foobar.com/privkey.pem | put 600 /etc/haproxy/tls/lb.pem
  systemctl reload haproxy
  collector /var/log/haproxy.log
  # the servers answer: they may still be on their way
  ok=''
  for i in $(seq 1200); do [ "$(up)" != 3 ] || { ok=1; break; }; sleep .1; done
  [ "$ok" ]
  [ "$(page)" = 200 ]
  collecting
}
up() { echo 'show stat' | socat - UNIX-CONNECT:/run/haproxy/admin.sock | grep -cE '^servers,web.*,UP,.*,(\* )?L7OK,'; }
page() { curl -ksS -o /dev/null -w '%{http_code}' --resolve www.foobar.com:443:127.0.0.1 https://www.foobar.com/ 2>/dev/null; }
main </dev/null
