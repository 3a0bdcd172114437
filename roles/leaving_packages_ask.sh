# What of the packages in the arguments is on the host, and what would go with them: a
# word and a name on each line. "noted" says that $before was written, whose packages are
# "before"; "status" is that of an argument, but for one that was there before and is not in
# $always; "orphan" is what nothing needs as it is, "with" what apt removes with the
# arguments, "alone" what nothing needs after them; "auto" is what nobody has asked for by
# its name; "broken" is why apt does not say. Where no such record was ever written, "kin" is what
# is made of the same source as an argument, as mysql-server-8.4 is of mysql-server's.
export LC_ALL=C
[ -f "$before" ] || before=$kept # of an earlier removal
takes(){ # takes WORD ARGUMENTS OF APT
  word=$1
  shift
  if said=$(apt-get -s -q -o APT::Get::AutomaticRemove=false "$@" 2>&1); then printf '%s\n' "$said" | sed -n "s/^\\(Remv\\|Inst\\) \\([^ ]*\\).*/$word \\2/p"
  else printf '%s\n' "$said" | sed -n 's/^E: /broken /p'; fi
}
if [ -f "$before" ]; then echo noted; sed -n 's/^installed /before /p' "$before"; fi
nl='
'
there=$nl$(sed -n 's/^installed //p' "$before" 2>/dev/null || :)$nl
found=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' -- "$@" 2>/dev/null | sort -u)
set --
while read -r status name; do
  case " $always " in *" $name "*) ;; *) case $there in *"$nl$name$nl"*) continue ;; esac ;; esac
  case $status in '' | not-installed) continue ;; config-files) ;; *) set -- "$@" "$name" ;; esac
  echo "status $name $status"
done <<END
$found
END
if [ $# -gt 0 ]; then
  takes orphan -o APT::Get::AutomaticRemove=true autoremove
  takes with remove -- "$@"
  takes alone -o APT::Get::AutomaticRemove=true remove -- "$@"
  apt-mark showauto 2>/dev/null | sed 's/^/auto /'
  if [ ! -f "$before" ]; then
    sources=$nl$(dpkg-query -W -f '${source:Package}\n' -- "$@")$nl
    dpkg-query -W -f '${source:Package} ${Package}\n' | while read -r source name; do case $sources in *"$nl$source$nl"*) echo "kin $name" ;; esac; done
  fi
fi
:
