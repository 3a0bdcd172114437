silent= stdin= prompt="[sudo] password: "
while :; do
  case $1 in
  -n) silent=1 ;;
  -S) stdin=1 ;;
  -p) prompt=$2; shift ;;
  --) shift; break ;;
  *) break ;;
  esac
  shift
done
echo "We trust you have received the usual lecture." >&2
authenticate() {
  [ -z "$silent" ] || { echo "sudo: a password is required" >&2; exit 1; }
  [ -n "$stdin" ] || { echo "sudo: a terminal is required to read the password" >&2; exit 1; }
  for try in 1 2 3; do
    printf %s "$prompt" >&2
    IFS= read -r word || exit 1
    [ "$word" != "$password" ] || return 0
    echo "Sorry, try again." >&2
  done
  echo "sudo: 3 incorrect password attempts" >&2
  exit 1
}
case $mode in
asks) authenticate ;;
refuses)
  # As the real one: only who has proved who they are is told.
  [ -z "$stdin" ] || { printf %s "$prompt" >&2; read -r word; }
  echo "$USER is not in the sudoers file." >&2
  exit 1 ;;
esac
exec env -i PATH="$PATH" SSHTEST_UID=0 SUDO_COMMAND="$*" LANG="$LANG" "$@"
