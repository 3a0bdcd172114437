says=$(systemctl show -p LoadState -p NeedDaemonReload ufw.service)
case $says in
*LoadState=masked*) systemctl unmask -q ufw.service; systemctl unmask -q --runtime ufw.service ;;
*LoadState=loaded*NeedDaemonReload=no*) ;;
*) systemctl daemon-reload ;;
esac
if systemctl is-enabled -q nftables.service 2>/dev/null; then systemctl disable -q nftables.service; fi
# Enabled until the next boot is not enough.
case $(systemctl is-enabled ufw.service 2>/dev/null) in enabled) ;; *) systemctl enable -q ufw.service ;; esac
systemctl is-active -q ufw.service || systemctl start ufw.service
