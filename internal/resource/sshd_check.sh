# Undoes the change of the drop-in $path unless sshd takes it and it has the effect that
# the line $effective says.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
foobar_dir 0755 root:root /run/sshd
take_back(){ echo "$1"; undo; rejected; }
sshd -t || take_back 'sshd refuses its configuration'
sshd -T -C "user=root,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=$lport" | grep -qxF "$effective" ||
  take_back "sshd does not heed $path: /etc/ssh/sshd_config must include /etc/ssh/sshd_config.d/*.conf before it sets anything"
