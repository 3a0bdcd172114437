says=$(systemctl show -p LoadState -p NeedDaemonReload ufw.service)
case $says in
*LoadState=masked*) systemctl unmask -q ufw.service ;;
*LoadState=loaded*NeedDaemonReload=no*) ;;
*) systemctl daemon-reload ;;
esac
if systemctl is-enabled -q nftables.service 2>/dev/null; then systemctl disable -q nftables.service; fi
systemctl is-enabled -q ufw.service || systemctl enable -q ufw.service
systemctl is-active -q ufw.service || systemctl start ufw.service
