section settings
# What not even root may change, or only add to.
timeout 5 lsattr -d /etc /etc/hosts /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/default/ufw /etc/ssh/sshd_config /etc/ssh/sshd_config.d /etc/ssh/sshd_config.d/* \
  /etc/apt/apt.conf.d /etc/apt/apt.conf.d/* /etc/systemd/system /etc/systemd/system/*.d/* /etc/sysctl.d /etc/sysctl.d/* /etc/foobar /etc/foobar/* /etc/foobar/*/* \
  /etc/haproxy /etc/haproxy/* /etc/nginx /etc/nginx/* /etc/mysql /etc/mysql/*.d/* /etc/ufw /etc/ufw/* /etc/letsencrypt/renewal/* /usr/local/sbin 2>/dev/null |
  head -n 1000 | while read -r a p; do case $a in *[ia]*) echo "immutable $p" ;; esac; done
# Where every program may write, and the way to what each must read.
for p in /tmp /var/tmp /dev/null; do [ -e "$p" ] || echo "closed $p is not there"; done
stat -L -c '%n %f %A %U:%G' -- /tmp /var/tmp /dev/null / /dev /etc /run /srv /usr /usr/bin /usr/lib /var /var/lib 2>/dev/null | while read -r p m a; do
  case "$p $m" in
  */tmp\ 4?ff | */null\ 21b6) ;;
  */tmp\ * | */null\ *) echo "closed $p is $a" ;;
  *[13579bdf]) ;; # others may pass
  *) echo "closed $p is $a" ;;
  esac
done
while read -r _ m _ o _; do
  case $m in / | /etc | /srv | /usr | /usr/local | /var | /var/lib) ;; *) continue ;; esac
  case ,$o, in *,ro,*) echo "read-only $m" ;; esac
  case ,$o, in *,noexec,*) echo "noexec $m" ;; esac
done </proc/mounts
if read -r m </etc/machine-id; then echo "machine $m"; fi 2>/dev/null
if read -r m </proc/sys/kernel/random/boot_id; then echo "boot $m"; fi 2>/dev/null
# Without a condition, as images of containers have it, and whoever prepared a disk in a chroot.
if [ -x /usr/sbin/policy-rc.d ] && [ "$(sed '/^[[:space:]]*\(#.*\)\{0,1\}$/d' /usr/sbin/policy-rc.d)" = 'exit 101' ]; then echo "policy /usr/sbin/policy-rc.d"; fi
# Read after foobar's own, 10-foobar.conf.
grep -HsE '^Storage[[:space:]]*=[[:space:]]*(volatile|none)' /etc/systemd/journald.conf.d/*.conf /run/systemd/journald.conf.d/*.conf /usr/lib/systemd/journald.conf.d/*.conf | head -n 20 | sed 's/^/journal /'
grep -lsE '(Unattended-Upgrade|Enable)[[:space:]]+"?0' /etc/apt/apt.conf.d/* | head -n 20 | sed 's/^/off /'
timeout 10 apt-config dump 2>/dev/null | grep -E '^Unattended-Upgrade::(Origins-Pattern|Allowed-Origins)::|^Acquire::https?::Proxy(-Auto-Detect)? "[^"]' |
  head -n 50 | sed 's/^U/origin &/; s/^A/proxy &/'
if [ -n "$SUDO_USER" ]; then
  # Of the settings of sudo for this user the last one counts, and a rule's own comes after them.
  log=$(LC_ALL=C timeout 5 sudo -n -l -U "$SUDO_USER" 2>/dev/null | grep -v 'Defaults!' | tr -s ' ,' '\n' | grep -E '^(!?log_(input|stdin)|(NO)?LOG_INPUT:)$' | tail -n 1)
  case $log in log_* | LOG_*) echo "sudo-log $SUDO_USER" ;; esac
fi
[ ! -x /usr/bin/etckeeper ] || grep -hsE '^[[:space:]]*(AVOID_COMMIT_BEFORE_INSTALL=["'\'']?1|PUSH_REMOTE=["'\'']?[^"'\''[:space:]])' /etc/etckeeper/etckeeper.conf | head -n 20 | sed 's/^[[:space:]]*/etckeeper /'
if [ -e /run/cloud-init/enabled ] && [ ! -e /run/cloud-init/result.json ]; then echo "cloud-init runs"; fi
[ ! -e /etc/needrestart/needrestart.conf ] || grep -hsE '^[[:space:]]*\$nrconf\{restart\}' /etc/needrestart/needrestart.conf /etc/needrestart/conf.d/*.conf | head -n 20 | sed 's/^/needrestart /'
# What renews certificates at times of its own, beside certbot's timer; lines may hold secrets.
grep -lsE '^([^#]*[^#/._a-zA-Z-])?([^ ]*/)?(certbot|letsencrypt-auto|acme\.sh|dehydrated|getssl|lego|certbot\.renew)( |$)' /etc/crontab /etc/cron.*/* /var/spool/cron/crontabs/* /etc/systemd/system/*.service | grep -v -e '/cron\.d/certbot$' -e '/certbot\.service$' | head -n 20 | sed 's/^/renews /'
if [ -d /etc/letsencrypt ]; then
  grep -HsE '^[[:space:]]*(pre|post|renew|deploy)[-_]hook[[:space:]]*=|^authenticator = (standalone|webroot|nginx|apache)|^manual_auth_hook = /usr/local/sbin/foobar-cert-answer|^[^#]* = /(home|root)/' /etc/letsencrypt/cli.ini /root/.config/letsencrypt/cli.ini /etc/letsencrypt/renewal/*.conf |
    head -n 50 | sed 's/^/certbot /'
  # These count before what the site's certificate has for its renewal.
  grep -HsE '^[[:space:]]*(--)?([a-z_-]*hook|authenticator|configurator|installer|server|cert.name|domain|staging|test.cert|dry.run|config.dir|force.renewal|renew.by.default|must.staple|preferred.challenges|standalone|webroot|nginx|apache|dns[-_][a-z0-9]*)([[:space:]:=]|$)' /etc/letsencrypt/cli.ini /root/.config/letsencrypt/cli.ini |
    head -n 50 | sed 's/^/certbot /'
  for f in /etc/letsencrypt/renewal-hooks/*/*; do [ ! -x "$f" ] || [ -d "$f" ] || echo "certbot $f"; done
fi
