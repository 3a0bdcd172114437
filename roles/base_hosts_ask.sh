# The block in /etc/hosts, and in the template from which cloud-init writes that file
# anew at every boot, where it is told to. Source: cloud-init's cc_update_etc_hosts.
[ -e /etc/hosts ] || return 3
block(){ sed -n '/^# foobar begin$/,/^# foobar end$/p' "$1"; }
block /etc/hosts
t=/etc/cloud/templates/hosts.debian.tmpl
if [ -f $t ] && grep -Eqsi "^# Your system has configured 'manage_etc_hosts' as True|^[[:space:]]*manage_etc_hosts:[[:space:]]*[\"']?(true|yes|on|template)\b" \
  /etc/hosts /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d/*.cfg /var/lib/cloud/instance/cloud-config.txt; then
  echo "# cloud-init"
  block $t
fi
