# What several kinds want to know of units, files and packages, each asked once.
census_units(){
  systemctl show --timestamp=unix -p Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload,InvocationID,InactiveExitTimestamp,DropInPaths -- "$@"
}
# census_files N M PATH… leaves what it has of digests in $sums: those of the first M. Of the
# first N no links are followed.
census_files(){
  n=$1 m=$2
  shift 2
  QUOTING_STYLE=shell-escape-always stat --printf 'stat\t%n\t%F\t%04a\t%U:%G\t%s\t%Z\t%N\n' -- "$@" 2>/dev/null
  for p; do
    shift
    n=$((n-1)) m=$((m-1))
    if [ $m -ge 0 ] && [ -f "$p" ] && { [ $n -lt 0 ] || [ ! -L "$p" ]; }; then set -- "$@" "$p"; fi
  done
  sums=
  [ $# -eq 0 ] || sums=$(sha256sum -- "$@" 2>/dev/null)
  printf '%s\n' "$sums"
}
# census_packages leaves in $packages what dpkg says of them. It exits with 1 where it does
# not know one of them, and with 2 where it could not answer.
census_packages(){
  packages=$(dpkg-query -W -f 'package\t${Package}\t${db:Status-Status}\t${db:Status-Want}\t${Version}\n' -- "$@" 2>/dev/null)
  [ $? -le 1 ] || { packages=''; return 0; }
  packages="
$packages
"
  printf '%spackages asked\n' "$packages"
}
