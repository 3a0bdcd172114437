# deb INDEX NAME FILE RECORD
deb(){
  if s=$(dpkg-query -W -f '${db:Status-Want} ${db:Status-Status} ${Version}' -- "$2" 2>/dev/null); then
    w=${s%% *} s=${s#* }
    [ "${s%% *}" = not-installed ] || { o "$1" want "$w"; o "$1" status "${s%% *}"; o "$1" version "${s#* }"; }
  fi
  if [ -f "$3" ]; then s=$(sha256sum <"$3"); o "$1" sum "${s%% *}"; fi
  if [ -f "$4" ]; then read -r s <"$4" || :; o "$1" record "$s"; fi
  o "$1" state present
}
