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
  ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime
  printf 'net.core.somaxconn = 4096\nnet.ipv4.tcp_tw_reuse = 1\nvm.swappiness = 10\n' | put 644 /etc/sysctl.d/60-farm.conf
  printf '* soft nofile 65536\n* hard nofile 65536\n' | put 644 /etc/security/limits.d/60-farm.conf
  printf 'PasswordAuthentication no\nX11Forwarding no\nMaxAuthTries 4\nMaxStartups 50:30:200\n' | put 644 /etc/ssh/sshd_config.d/60-farm.conf
  printf '[Journal]\nSystemMaxUse=200M\nRuntimeMaxUse=50M\n' | put 644 /etc/systemd/journald.conf.d/60-farm.conf
  printf 'deploy ALL=(ALL) NOPASSWD:ALL\n' | put 440 /etc/sudoers.d/60-farm
  echo "$CA" | put 644 /usr/local/share/ca-certificates/lab-ca.crt
  echo "$NAME is managed: do not edit files by hand." | put 644 /etc/motd
  printf 'APT::Install-Recommends "false";\n' | put 644 /etc/apt/apt.conf.d/60farm
  echo 'ARGS="--web.listen-address=:9100 --no-collector.systemd"' | put 644 /etc/default/prometheus-node-exporter
  echo "farm_host_info{host=\"$NAME\",tier=\"$TIER\"} 1" | put 644 /var/lib/prometheus/node-exporter/labels.prom
  sshd -t; visudo -cqf /etc/sudoers.d/60-farm
  systemctl reload ssh; systemctl restart systemd-journald
  getent group deploy >/dev/null || groupadd deploy
  id deploy >/dev/null 2>&1 || useradd -m -g deploy -s /bin/bash deploy
  install -d -m700 -o deploy -g deploy /home/deploy/.ssh
  echo "$DEPLOY_KEY" | put 600 /home/deploy/.ssh/authorized_keys; chown deploy: /home/deploy/.ssh/authorized_keys
}
packages() { # one index refresh, one install
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 \
    ca-certificates curl rsync logrotate ufw prometheus-node-exporter "$@" >/dev/null
  update-ca-certificates >/dev/null 2>&1
}
firewall() { # PORT[/FROM]...
  ufw allow 22/tcp; for r in "$@"; do
    case $r in */*) ufw allow proto tcp from "${r#*/}" to any port "${r%%/*}";; *) ufw allow "$r/tcp";; esac
  done; ufw default deny incoming; ufw --force enable; systemctl enable -q ufw
}
