# Takes away the package $n ($verb is remove or purge), unless others would go with it, and
# then the $note that it is foobar's.
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
plan=$(apt-get -s -o APT::Get::AutomaticRemove=false "$verb" -- "$n")
printf '%s\n' "$plan" | while read -r what name _; do
  case $what in
    Inst | Remv | Purg)
      [ "$name" = "$n" ] || { echo "$n stays: apt would touch $name with it"; exit 1; }
      ;;
  esac
done
apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o APT::Get::AutomaticRemove=false "$verb" -- "$n"
foobar_gone "$note"
