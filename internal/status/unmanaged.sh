# What others have beside foobar's: the ledger, which paths of it and of deploy.keep ($keep,
# a line each) are there, ufw's own rules and the groups. All by the shell itself.
there=''
note(){ case $1 in /*) if [ -e "$1" ] || [ -L "$1" ]; then there="$there$1
"; fi ;; esac; }
# copy FILE prints at most its first 20,000 lines, and notes the paths that it lists.
copy(){
  n=0
  [ ! -f "$1" ] || while [ $n -lt 20000 ] && IFS= read -r line; do
    n=$((n+1))
    printf '%s\n' "$line"
    line=${line#*\"}
    note "${line%\"*}"
  done <"$1"
}
section ledger; copy /var/lib/foobar/owned.json
while IFS= read -r line; do note "$line"; done <<E
$keep
E
section there; printf '%s' "$there"
section ufw4; copy /etc/ufw/user.rules
section ufw6; copy /etc/ufw/user6.rules
section groups; copy /etc/group
