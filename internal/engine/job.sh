job(){ (
 umask 077; d=/var/lib/foobar; foobar_parent $d/job.sh && printf %s "$1" | base64 -d >$d/job.sh || exit 1
 : >$d/job.log
 # systemd-run waits only over D-Bus. A system without it gets the package $2 first, from here,
 # as it would get those that the first line names.
 if [ -n "${2-}" ] && ! systemctl is-active -q dbus.socket; then
  (umask 022; exec /bin/sh -c "$(sed "1s/.*/set -- $2/" $d/job.sh)" 2>&1 </dev/null) && systemctl start dbus.socket 2>&1 || exit 1
 fi
 systemctl reset-failed foobar-job.service 2>/dev/null
 systemd-run -q --unit=foobar-job --collect --wait -E LC_ALL=C -E DEBIAN_FRONTEND=noninteractive -E MYSQL_TEST_LOGIN_FILE=/nonexistent -p StandardInput=null -p StandardOutput=append:$d/job.log -p StandardError=append:$d/job.log -p UMask=0022 /bin/sh $d/job.sh & p=$!
 tail -q -n +1 -f -s 0.1 --pid=$p $d/job.log
 wait $p
); }
