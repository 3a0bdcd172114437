# What every host gets. Runs on the host, as root, fed through ssh's stdin after
# the variables that deploy.sh writes before it.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
put() { # MODE PATH (content on stdin), through a rename
  mkdir -p "$(dirname "$2")"; cat > "$2.new"; chmod "$1" "$2.new"; mv "$2.new" "$2"
}
common() {
  # all files first, so that each service starts once and with its final configuration
  { printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'; echo "$HOSTS"; } | put 644 /etc/hosts
  printf 'net.core.somaxconn = 4096\nnet.ipv4.tcp_tw_reuse = 1\nvm.swappiness = 10\n' | put 644 /etc/sysctl.d/60-floor.conf
  printf 'PasswordAuthentication no\nX11Forwarding no\nMaxAuthTries 4\nMaxStartups 50:30:200\n' | put 644 /etc/ssh/sshd_config.d/60-floor.conf
  printf '[Journal]\nSystemMaxUse=200M\nRuntimeMaxUse=50M\n' | put 644 /etc/systemd/journald.conf.d/60-floor.conf
  printf 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n' | put 644 /etc/apt/apt.conf.d/20auto-upgrades
  sshd -t
  systemctl reload ssh; systemctl restart systemd-journald
}
packages() { # one index refresh, one install
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \
    curl logrotate socat unattended-upgrades systemd-timesyncd iptables ufw /root/floor/otelcol-sumo.deb "$@" >/dev/null
}
firewall() { # PORT[/FROM]...
  ufw allow 22/tcp; for r in "$@"; do
    case $r in */*) ufw allow proto tcp from "${r#*/}" to any port "${r%%/*}";; *) ufw allow "$r/tcp";; esac
  done; ufw default deny incoming; ufw --force enable; systemctl enable -q ufw
}
# The metrics of the host and one file of lines.
collector() { # LOG
  install -d -m755 /etc/otelcol-sumo
  echo "$SUMO_CA" | put 644 /etc/otelcol-sumo/ca.pem
  echo "SUMOLOGIC_INSTALLATION_TOKEN=$TOKEN" | put 600 /etc/otelcol-sumo/token.env
  put 644 /etc/otelcol-sumo/floor.yaml <<YAML
extensions:
  sumologic:
    installation_token: \${env:SUMOLOGIC_INSTALLATION_TOKEN}
    api_base_url: https://10.77.0.1:8088
    collector_name: $NAME
    collector_credentials_directory: /var/lib/otelcol-sumo/credentials
    discover_collector_tags: false
    clobber: true
  health_check: { endpoint: "127.0.0.1:13133" }
receivers:
  hostmetrics: { collection_interval: 30s, scrapers: { cpu: {}, memory: {}, load: {}, disk: {}, network: {}, filesystem: {} } }
  filelog: { include: [ $1 ], start_at: beginning }
exporters: { sumologic: {} }
service:
  extensions: [ sumologic, health_check ]
  pipelines:
    metrics: { receivers: [ hostmetrics ], exporters: [ sumologic ] }
    logs: { receivers: [ filelog ], exporters: [ sumologic ] }
YAML
  put 644 /etc/systemd/system/otelcol-sumo.service <<'UNIT'
[Unit]
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/local/bin/otelcol-sumo --config /etc/otelcol-sumo/floor.yaml
User=otelcol-sumo
Group=otelcol-sumo
SupplementaryGroups=adm
EnvironmentFile=/etc/otelcol-sumo/token.env
Environment=HOME=/var/lib/otelcol-sumo SSL_CERT_FILE=/etc/otelcol-sumo/ca.pem
StateDirectory=otelcol-sumo
Restart=always

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload; systemctl enable -q --now otelcol-sumo
}
# It answers once it is registered.
collecting() { for i in $(seq 300); do curl -fsS -o /dev/null http://127.0.0.1:13133/ 2>/dev/null && return; sleep .1; done; return 1; }
