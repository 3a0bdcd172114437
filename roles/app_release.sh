# Builds a release and puts it in its place. Set before it: site, id, archive, the
# group that is to read it (readers), what it is (kind: app or files), the file
# of the app's entry point (entry), whether it may name Python packages of its own
# (needs_venv: 1 or 0), the app's own commands (commands), in how many seconds
# they must end, the file of their environment and that of the databases' authority (ca),
# and the releases to remove (prune).
# The program that installs Python packages is in packages.
#
# What the app and its packages bring runs as a user of its own in a sandbox, and
# never as root. Until root has taken over what that leaves, it lies in a folder
# that only root can enter.
umask 022
export LC_ALL=C.UTF-8
releases=$site/releases dir=$site/releases/$id stage=$site/releases/.foobar-build
if ! foobar_parent "$stage" 2>/dev/null; then
  [ -L "$site" ] || foobar_dir 0755 root:root "$site"
  [ -L "$releases" ] || foobar_dir 0755 root:root "$releases"
  foobar_parent "$stage"
fi
# A build that was cut off: first its processes end, then its files go.
for unit in packages commands; do
  unit=foobar-build-$unit.service
  [ ! -e "/run/systemd/transient/$unit" ] || systemctl stop "$unit" 2>/dev/null || :
done
[ ! -e "$stage" ] && [ ! -L "$stage" ] || rm -rf -- "$stage"
mkdir -m 0700 -- "$stage" "$stage/$id"
trap 'rm -rf -- "$stage"' EXIT
tar -xzf "$archive" --no-same-owner -C "$stage/$id"
rm -f -- "${archive%/*}"/*.tar.gz
cd "$stage/$id"
[ -z "$commands" ] || newest=$(find . -type f -printf '%T@\n' | sort -n | tail -n 1)

# sandboxed UNIT PROPERTY… -- COMMAND runs a command as foobar-build, which sees the
# release at its final path, may write there and in a /tmp of its own, and ends
# with all that it has started. What serves on the host goes before it. systemd itself
# would fill in a ${NAME} in the command. Sources: systemd-run(1), systemd.exec(5),
# systemd.service(5), systemd.resource-control(5).
sandboxed() {
  unit=$1
  shift
  read -r began _ </proc/uptime
  systemd-run -q --wait --pipe --collect --service-type=exec --unit="$unit" \
    -p User=foobar-build -p Group=foobar-build -p UMask=0022 -E HOME=/tmp -E LC_ALL=C.UTF-8 \
    -p TemporaryFileSystem="$site:ro" -p BindPaths="$stage/$id:$dir" -p WorkingDirectory="$dir" \
    -p ProtectSystem=strict -p ReadWritePaths="$dir" -p ProtectHome=yes -p PrivateTmp=yes -p PrivateDevices=yes -p PrivateIPC=yes \
    -p 'InaccessiblePaths=-/etc/letsencrypt -/etc/ssl/private -/etc/haproxy -/etc/mysql -/var/lib/foobar -/var/lib/foobar-app -/var/lib/mysql -/var/backups -/var/log -/run/foobar -/run/mysqld -/run/haproxy -/run/dbus -/run/systemd/private' \
    -p NoNewPrivileges=yes -p CapabilityBoundingSet= -p RestrictSUIDSGID=yes -p RestrictNamespaces=yes -p RestrictRealtime=yes \
    -p LockPersonality=yes -p ProtectProc=invisible -p ProtectKernelTunables=yes -p ProtectKernelModules=yes -p ProtectKernelLogs=yes \
    -p ProtectControlGroups=yes -p ProtectClock=yes -p ProtectHostname=yes -p RemoveIPC=yes -p KeyringMode=private \
    -p SystemCallArchitectures=native -p SystemCallFilter=@system-service -p SystemCallErrorNumber=EPERM \
    -p Nice=10 -p CPUWeight=20 -p IOWeight=20 -p OOMScoreAdjust=500 -p TimeoutStopSec=5s "$@" </dev/null && return 0
  status=$?
  read -r ended _ </proc/uptime
  [ $((${ended%.*} - ${began%.*})) -lt "$limit" ] || echo "$unit was ended after $limit seconds, which is as long as it may take (app.step_timeout)" >&2
  # Above 200 it is systemd that says why nothing ran.
  [ $status -lt 200 ] || journalctl -q -u "$unit.service" -n 5 -o cat --no-pager
  return 1
}

# refused FILE WHY ends a build that left what does not belong into a release.
refused() {
  echo "the build left $1, $2; the release was not taken over" >&2
  exit 1
}

python=/usr/bin/python3
if [ "$kind" = app ]; then
  chown -R -h -- foobar-build:foobar-build .
  if [ "$needs_venv" = 1 ]; then
    # pip's settings may hold a password and be root's alone: it gets a copy.
    conf=''
    for f in /etc/pip.conf /root/.pip/pip.conf /root/.config/pip/pip.conf /etc/foobar/pip.conf; do [ ! -f "$f" ] || conf=$f; done
    roots=/etc/foobar/index-ca.pem
    [ -f "$roots" ] || roots=''
    # What the release in use was built with may do for this one, too.
    before='' at=$(readlink -f -- "$site/current") || at=''
    if [ -n "$at" ] && [ "$at" != "$dir" ] && (is_ours "$at") && [ -f "$at/venv/.foobar-packages" ]; then before=$site/.foobar-before; fi
    # What pip builds it also runs, and /tmp may be small or let no program run.
    limit=$seconds
    sandboxed foobar-build-packages -E FOOBAR_COMMANDS="$commands" -E TMPDIR="$dir/.foobar-tmp" -p RuntimeMaxSec="$limit" -p InaccessiblePaths=-/etc/foobar -p 'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK' \
      ${before:+-p "BindReadOnlyPaths=$at/venv:$before"} ${roots:+-p "LoadCredential=index-ca.pem:$roots"} \
      ${conf:+-p "LoadCredential=pip.conf:$conf" -E PIP_CONFIG_FILE=/run/credentials/foobar-build-packages.service/pip.conf} \
      -- /usr/bin/python3 -I -c "$packages" "$before" "$at/venv" "$dir/venv"
    rm -rf -- .foobar-tmp
    [ ! -x venv/bin/python ] || python=$dir/venv/bin/python
  fi
  # This reads the release and runs nothing of it, and so needs another user and no sandbox. The
  # interpreter's own loader compiles as an import would; the modules that tell what is wrong
  # take longer to load than most apps to compile.
  setpriv --reuid=foobar-build --regid=foobar-build --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all -- /usr/bin/python3 -I -S -c '
import os, sys
from _frozen_importlib_external import SourceFileLoader
class Source(SourceFileLoader):
    def get_data(self, path): # what the build left compiled is not read
        if path.endswith(".pyc"):
            raise OSError
        return super().get_data(path)
os.nice(10)
try:
    for at, below, names in os.walk("."):
        below[:] = [d for d in below if d not in ("__pycache__", "venv")]
        for name in names:
            if name.endswith(".py") and os.path.isfile(os.path.join(at, name)):
                Source("it", os.path.join(at, name)).get_code("it")
    sys.exit()
except Exception:
    import compileall, py_compile, re
if os.path.isfile(sys.argv[1]):
    try:
        py_compile.compile(sys.argv[1], doraise=True)
    except (py_compile.PyCompileError, OSError) as wrong:
        sys.exit(getattr(wrong, "msg", None) or str(wrong))
if not compileall.compile_dir(".", rx=re.compile("/venv/"), quiet=1, force=True):
    print("some files of the release do not compile; going on, since its entry point does")' "./$entry" </dev/null

  if [ -n "$commands" ]; then
    limit=$seconds
    # Their environment says where the authority of the databases is: of /etc/foobar they see that file
    # alone. (One below an inaccessible folder cannot be seen.)
    # shellcheck disable=SC2016
    sandboxed foobar-build-commands -p RuntimeMaxSec="$limit" -p TemporaryFileSystem=/etc/foobar:ro -p BindReadOnlyPaths="-$ca:$ca" -p EnvironmentFile="$environment" -E FOOBAR_COMMANDS="$commands" -p 'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK' \
      -- /bin/sh -euc 'mkdir /tmp/bin && ln -s "$1" /tmp/bin/python && export PATH="$PWD/venv/bin:/tmp/bin:$PATH" && exec /bin/sh -ec "$FOOBAR_COMMANDS"' sh "$python"
  fi

  # Nothing of the build runs any more. First it owns nothing, then it is looked at.
  chown -R -h -- root:root .
  if [ -n "$(find . ! -type d \( ! -type f -o -links +1 \) -print -quit)" ]; then
    # A link by the release's own path leads inside: collectstatic --link makes such.
    # shellcheck disable=SC2016
    find . -type l -lname "$dir/*" -exec sh -c 'dir=$1; shift; for l; do to=$(readlink -- "$l"); ln -sfn -- "$(realpath -ms --relative-to="${l%/*}" -- "./${to#"$dir"/}")" "$l"; done' sh "$dir" {} +
    odd=$(find . ! -type f ! -type d ! -type l -print -quit)
    [ -z "$odd" ] || refused "$odd" "which is neither a file nor a folder"
    odd=$(find . -type f -links +1 -printf '%D:%i %n %p\n' | sort | awk '{ n[$1]++; all[$1] = $2; $1 = $2 = ""; name = $0 } END { for (i in n) if (n[i] < all[i]) { print name; exit } }')
    [ -z "$odd" ] || refused "${odd#  }" "a file with another name outside the release"
    odd=$(find . -type l -lname '/*' ! -lname '/usr/bin/python3*' -print -quit)
    [ -n "$odd" ] || odd=$(find . -type l ! -lname '/*' -exec sh -c 'for l; do case $(realpath -m --relative-base=. -- "$l") in /usr/bin/python3*) ;; /*) printf "%s\n" "$l"; exit ;; esac; done' sh {} + | head -n 1)
    [ -z "$odd" ] || refused "$odd" "a link to $(readlink -- "$odd"), outside the release"
  fi
  chmod -R -- u+rwX,g+rX,go-w,ug-s,-t .
  # What the commands made has one time on all hosts, since an ETag is made of time and size:
  # that of the newest file of the source, less up to some 68 minutes by the release.
  [ -z "$commands" ] || find . \( -path ./venv -o -name __pycache__ \) -prune -o -type f ! -name '*.py' -newermt "@${newest%.*}" \
    -exec touch -d "@$((${newest%.*} - 0x${id%?????????}))" -- {} +
fi

# The release's own folder is made by root: nobody else has had a hand in it.
new=$stage/new
install -d -m 0750 -o root -g "$readers" -- "$new"
find . -mindepth 1 -maxdepth 1 -exec mv -t "$new" -- {} +
cd "$new"
# What is not for everybody in the source is for the group that reads the release.
find . -mindepth 1 ! -type l ! -perm -0004 -exec chgrp -- "$readers" {} +
for f in .start .complete; do [ ! -e $f ] && [ ! -L $f ] || rm -rf -- $f; done
if [ "$kind" = app ]; then
  # Later versions of uvicorn want the worker for gunicorn to come from a package of its own:
  # where a release or Debian has it, it takes the place of the one that the unit names.
  more=''
  for f in venv/lib/python3*/site-packages /usr/lib/python3/dist-packages; do
    # shellcheck disable=SC2016
    [ ! -f "$f/uvicorn_worker/__init__.py" ] || more=' $(case " $* " in *" uvicorn.workers.UvicornWorker "*) echo "-k uvicorn_worker.UvicornWorker" ;; esac)'
  done
  # Since 25.1 gunicorn can be controlled by a socket, which nobody here does: one version makes
  # it in the release, which is read-only, and says that this is an error.
  for f in venv/lib/python3*/site-packages /usr/lib/python3/dist-packages; do
    [ -d "$f/gunicorn" ] || continue
    [ ! -f "$f/gunicorn/ctl/server.py" ] || more="$more --no-control-socket"
    break
  done
  # What the app starts finds the programs of its packages, as its workers do.
  found=''
  [ "$python" = /usr/bin/python3 ] || found="PATH=${python%/*}:\$PATH "
  # A module of the app may be called gunicorn, as many call its settings: these packages are
  # looked for without the release, and gunicorn itself puts that back before it reads settings.
  begin='import sys; sys.path = [p for p in sys.path if p]; "uvicorn.workers.UvicornWorker" in sys.argv and __import__("uvicorn"); import runpy; runpy.run_module("gunicorn", run_name="__main__", alter_sys=True)'
  printf "#!/bin/sh\n%sexec %s -c '%s' \"\$@\"%s\n" "$found" "$python" "$begin" "$more" >.start
  chmod 0755 .start
fi
digest
sum=$s
echo "$sum $id $kind" >.complete
chmod 0644 .complete
sync -f .
# Before the release is there: a run that is killed does not come back to this.
if [ -L "$site/current" ] && ! [ "$dir" -ef "$site/current" ]; then beside "$id"; fi
if [ -e "$dir" ] || [ -L "$dir" ]; then
  # In one step where the kernel can: it may be the release in use. mv can since
  # coreutils 9.5, Python by the C library. Source: renameat2(2).
  mv --exchange -T -- "$new" "$dir" 2>/dev/null ||
    /usr/bin/python3 -I -c 'import ctypes, os, sys; a, b = map(os.fsencode, sys.argv[1:]); sys.exit(ctypes.CDLL(None).renameat2(-100, a, -100, b, 2) != 0)' "$new" "$dir" 2>/dev/null ||
    { mv -T -- "$dir" "$stage/old"; mv -T -- "$new" "$dir"; }
else
  mv -T -- "$new" "$dir"
fi

cd "$releases"
for d in $prune; do
  if is_ours "$releases/$d" && ! [ "$releases/$d" -ef "$site/current" ]; then rm -rf -- "$d"; fi
done
