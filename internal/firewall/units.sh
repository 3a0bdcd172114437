[ "$(systemctl show -p LoadState --value ufw.service)" != masked ] || systemctl unmask -q ufw.service
systemctl daemon-reload
if systemctl is-enabled -q nftables.service 2>/dev/null; then systemctl disable -q nftables.service; fi
systemctl is-enabled -q ufw.service || systemctl enable -q ufw.service
systemctl is-active -q ufw.service || systemctl start ufw.service
