umask 077
[ -d /var/lib/foobar/stage ] || foobar_dir 0700 root:root /var/lib/foobar/stage || exit 1
[ -d /run/foobar ] || foobar_dir 0700 root:root /run/foobar || exit 1
# One process sees whether they are as they nearly always are: folders, no links, of root's,
# in which nobody else may write.
case $(stat -c %f-%u / /var /var/lib /var/lib/foobar /var/lib/foobar/stage /run/foobar 2>/dev/null) in
'41ed-0
41ed-0
41ed-0
41c0-0
41c0-0
41c0-0') ;;
*)
  foobar_parent /var/lib/foobar/stage/any || exit 1
  # The lock lies in /run/foobar, and was not taken if others may write there.
  { [ -O /run/foobar ] && [ ! -L /run/foobar ]; } || foobar_parent /run/foobar/any || exit 1
  chmod 0700 /var/lib/foobar /var/lib/foobar/stage /run/foobar # stamps hold digests of files with secrets
  ;;
esac
for f in /var/lib/foobar/stage/* "$stop"; do
  if [ -e "$f" ] || [ -L "$f" ]; then rm -rf /var/lib/foobar/stage/* "$stop"; break; fi
done
n=0
while s=; [ ! -e /run/systemd/transient/foobar-job.service ] || s=$(systemctl show -p ActiveState --value foobar-job.service 2>/dev/null); [ "$s" = active ] || [ "$s" = activating ] || [ "$s" = deactivating ]; do
  [ $((n%40)) -gt 0 ] || section waiting
  n=$((n+1)); [ $n -lt 43200 ] && [ ! -e "$stop" ] || exit 1
  sleep 0.5
done
