# deb INDEX FILE RECORD
deb(){
  if [ -f "$2" ]; then s=$(sha256sum <"$2"); o "$1" sum "${s%% *}"; fi
  if [ -f "$3" ]; then read -r s <"$3" || :; o "$1" record "$s"; fi
}
