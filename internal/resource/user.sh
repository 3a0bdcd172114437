# user INDEX NAME
user(){
  e=$(getent passwd "$2"); r=$?
  if [ $r = 2 ]; then o "$1" state absent; return; fi
  [ $r = 0 ] || return
  IFS=: read -r _ _ uid _ _ home shell <<E
$e
E
  o "$1" state present; o "$1" uid "$uid"; o "$1" home "$home"; o "$1" shell "$shell"; o "$1" groups "$(id -Gn -- "$2")"
}
