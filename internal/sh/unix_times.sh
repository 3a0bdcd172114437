# systemctl show --timestamp=unix came with systemd 251. An older one tells the time in
# words, which are turned into numbers here.
systemctl(){
  case " $* " in *' --timestamp=unix '*) ;; *) command systemctl "$@"; return ;; esac
  ! command systemctl "$@" 2>/dev/null || return 0
  for st_word; do
    shift
    [ "$st_word" = --timestamp=unix ] || set -- "$@" "$st_word"
  done
  st_said=$(LC_ALL=C TZ=UTC command systemctl "$@") || return
  while IFS= read -r st_line; do
    case $st_line in
    *Timestamp=[A-Z][a-z][a-z]\ [0-9]*) echo "${st_line%%=*}=@$(date -d "${st_line#*=}" +%s)" ;;
    [A-Z][a-z][a-z]\ [0-9]*-*) echo "@$(date -d "$st_line" +%s)" ;;
    *) printf '%s\n' "$st_line" ;;
    esac
  done <<EOF
$st_said
EOF
}
