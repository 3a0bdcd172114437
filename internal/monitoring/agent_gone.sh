# Takes away the package $n ($verb is remove or purge), and then the $note that it is
# foobar's. dpkg refuses where a package of others needs it, and waits for no lock.
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l LC_ALL=C.UTF-8
tries=0
until said=$(dpkg "--$verb" -- "$n" 2>&1); do
  case $said in
    *lock*) tries=$((tries + 1)) ;;
    *) tries=150 ;;
  esac
  [ $tries -lt 150 ] || { printf '%s\n' "$said"; exit 1; }
  sleep 2
done
printf '%s\n' "$said"
foobar_gone "$note"
