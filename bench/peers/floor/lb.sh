# What the balancer gets. It follows common.sh in one script.
main() {
  common
  install -d -m700 /etc/haproxy/tls
  echo "$PEM" | put 600 /etc/haproxy/tls/lb.pem
  echo "$CA" | put 644 /etc/haproxy/tls/ca.crt
  printf 'HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\nNo server is up.\n' | put 644 /etc/haproxy/errors/503-farm.http
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
  errorfile 503 /etc/haproxy/errors/503-farm.http

frontend http
  bind :80
  http-request redirect scheme https code 301

frontend https
  bind :443 ssl crt /etc/haproxy/tls/lb.pem
  option forwardfor
  default_backend servers

backend servers
  balance roundrobin
  option httpchk GET /health
  http-check expect status 200
$(echo "$SERVERS" | while read -r a n; do
  echo "  server $n $a:443 ssl verify required ca-file /etc/haproxy/tls/ca.crt sni str(app.example.test) check check-sni app.example.test inter 2s fall 3 rise 2"; done)
CFG
  packages haproxy
  firewall 80 443 9100/10.77.0.0/24 >/dev/null
  systemctl is-active -q haproxy prometheus-node-exporter
  # the farm answers: the servers may still be on their way
  for i in $(seq 600); do
    curl -fsS --cacert /etc/haproxy/tls/ca.crt --resolve app.example.test:443:127.0.0.1 https://app.example.test/ 2>/dev/null && return; sleep .1
  done; return 1
}
main </dev/null
