set -eu
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none APT_LISTBUGS_FRONTEND=none UCF_FORCE_CONFFOLD=1 LC_ALL=C.UTF-8
stamp=/var/lib/foobar/apt-update before=/var/lib/foobar/packages-before listed=/var/lib/apt/lists
# What was here before the first package of foobar's, of which a removal takes nothing along.
# Where a version that did not note it has made a deploy, it is too late: the history of the
# host tells, and the stamp where every source has given its list since.
earlier(){ case $(grep '"outcome":"ok"' /var/lib/foobar/history.jsonl 2>/dev/null | tail -n 1) in '' | *'"verb":"remove"'*) return 1 ;; esac; }
if [ ! -e $stamp ] && [ ! -e $before ] && ! earlier; then dpkg-query -W -f '${db:Status-Status} ${Package}\n' >$before.new; mv -f $before.new $before; fi
patient(){ # neither dpkg nor the list of packages waits for a lock of its own accord
  n=0
  while :; do
    r=0; said=$("$@" 2>&1) || r=$?
    [ -z "$said" ] || printf '%s\n' "$said"
    [ $r -ne 0 ] || return 0
    case $said in *"Could not get lock"* | *"lock was locked"*) ;; *) return $r ;; esac
    n=$((n+1)); [ $n -lt 150 ] || return $r
    sleep 2
  done
}
# A source of somebody else's that gives nothing is no matter where the others have what is wanted.
refresh(){
  r=0
  lists || r=1
  # One that a full disk or a loss of power has cut off stays: apt takes its source for unchanged.
  case $r$said in 1*"Unable to parse package file $listed/"* | 1*"Problem with MergeList $listed/"*)
    echo "a list of packages is damaged, and is fetched again"
    for f in $(printf '%s\n' "$said" | grep -o "$listed/[^ )]*"); do rm -f -- "$f"; done
    r=0
    lists || r=1 ;;
  esac
  if [ $r = 0 ]; then touch $stamp
  else echo "not every package source gave its list, for the reasons above; going on with what the others have"; fi
}
lists(){ patient apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Languages=none update; }
# What others have written into apt.conf.d comes first: confnew would outrank confold.
apt(){ apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--refuse-confnew -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o APT::Install-Recommends=false -o APT::Get::AutomaticRemove=false "$@"; }
# would prints, a line each, the packages to which apt would do this.
# shellcheck disable=SC2086 # over is options, or nothing
would(){ did=$1; shift; apt-get -s -q ${over-} -o APT::Install-Recommends=false -o APT::Get::AutomaticRemove=false install "$@" 2>/dev/null | sed -n "s/^$did \([^ :]*\).*/\1/p"; }
# dpkg takes a configuration file that is gone for removed on purpose, even where its package
# was, and somebody has taken its folder in /etc away since: nginx comes without mime.types.
# What brings them back holds for all packages that are installed at once.
comes_back(){
  left=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^config-files //p')
  [ -n "$left" ] && would Inst -- "$@" | grep -qxF -e "$left"
}
# get installs packages. None goes that somebody has asked for: apt takes syslog-ng away for
# rsyslog. That ufw comes in the place of iptables-persistent check tells.
get(){
  missing=''
  unset UCF_FORCE_CONFFMISS
  if comes_back "$@"; then missing=--force-confmiss; export UCF_FORCE_CONFFMISS=1; fi
  # shellcheck disable=SC2086
  apt --no-remove ${over-} ${missing:+-o Dpkg::Options::=$missing} install -- "$@" && return 0
  goes=$(would Remv -- "$@")
  [ -n "$goes" ] || return 1
  asked=$(printf '%s\n' "$goes" | grep -vxF -e iptables-persistent -e netfilter-persistent | grep -xF -e "$(apt-mark showmanual)" | tr '\n' ' ') || :
  [ -z "$asked" ] || { echo "to install $*, apt would remove ${asked% }, which was here before; nothing was installed: remove it there if it may go"; return 1; }
  # shellcheck disable=SC2086
  apt ${over-} ${missing:+-o Dpkg::Options::=$missing} install -- "$@"
}
# every gets packages by name, and then those that are files, which count by their content: one
# of the same version as what is there, or of an earlier one, takes its place.
every(){
  files=''
  for p; do
    shift
    case $p in /*) files="$files $p" ;; *) set -- "$@" "$p" ;; esac
  done
  [ $# = 0 ] || get "$@" || return 1
  [ -n "$files" ] || return 0
  over='--allow-downgrades --reinstall'
  # shellcheck disable=SC2086 # foobar's own paths
  get $files
}
# whole gets what is missing of packages that dpkg could not finish: where a host went down
# while packages were unpacked, or dpkg -i was given one without what it needs.
whole(){
  apt --no-remove --fix-broken install && return 0
  goes=$(would Remv --fix-broken | tr '\n' ' ')
  [ -z "$goes" ] || echo "to finish what was left half installed, apt would remove ${goes% }, for which no source has what it needs: install that, or remove it there"
  return 1
}
half=''
patient dpkg --configure -a --refuse-confnew --force-confdef --force-confold || half=$?
[ "${half:-1}" = 1 ] || exit "$half" # 2 is a lock, or damage to files of dpkg itself: apt would only say so again
if [ "$half" ] || [ -z "$(find $stamp -mmin -60 2>/dev/null)" ] || [ -n "$(find /etc/apt/sources.list /etc/apt/sources.list.d -newer $stamp 2>/dev/null)" ]; then refresh; fresh=1; else fresh=0; fi
[ -z "$half" ] || whole
every "$@" && exit 0
[ $fresh = 0 ] || exit 1
refresh
every "$@"
