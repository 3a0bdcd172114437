set -u
export LC_ALL=C
cd "$STATE_DIRECTORY" || exit 1
now=$EPOCHREALTIME
second=${now%.*}

# What the last run has kept. at is how far the log was read, by the inode and the birth of
# its file, which stay when it is rotated; spent the nanoseconds of processors by unit.
declare -A at=() spent=()
last='' since='' expires='' asked=0 first=''
number() { [[ $1 =~ ^[0-9]{1,19}$ ]]; }
if [ -r foobar.prom ]; then
  while read -r _ mark word a b; do
    [ "$mark" = foobar ] || continue
    case $word in
      time) [[ $a =~ ^[0-9]{1,12}\.[0-9]{6}$ ]] && last=$a ;;
      since) number "$a" && since=$a ;;
      awaited) number "$a" && first=$a ;;
      at) number "$b" && at[$a]=$b ;;
      spent) number "$b" && spent[$a]=$b ;;
      certificate) number "$a" && number "$b" && expires=$a asked=$b ;;
    esac
  done <foobar.prom
fi

# The log and the one rotated last, opened before they are looked at: a name may be given
# to another file at any moment. The newest first, for the same reason.
rotated=() opened=() paths=() keys=() sizes=() happened='' backup='' awaited=''
for file in ${log:+"$log" "$log.1"}; do
  [ -f "$file" ] && { exec {fd}<"$file"; } 2>/dev/null || continue
  [ "$file" = "$log" ] && rotated+=('') || rotated+=(yes)
  opened+=("$fd") paths+=("/proc/self/fd/$fd")
done
files=("$events"/*)
[ -e "${files[0]}" ] || files=()
[ ! -e "$scheduled" ] || files+=("$scheduled")
if [ -n "${paths[*]}${files[*]}" ]; then
  while read -r key size changed file; do
    event=${file##*/}
    if [ ${#keys[@]} -lt ${#paths[@]} ]; then
      keys+=("$key") sizes+=("$size")
    elif [ "$file" = "$scheduled" ]; then
      # Since it was first there: what is in it may be replaced.
      [ -n "$first" ] && [ "$first" -le "$changed" ] || first=$changed
      awaited=$((second - first))
    elif [[ $event =~ ^[a-z]+(-[a-z]+)*$ ]]; then
      happened+="$event $changed "
      [ "$event" != "$made" ] || backup=$((second - changed))
    fi
  done < <(stat -L -c '%i-%.9W %s %Y %n' -- "${paths[@]}" "${files[@]}" 2>/dev/null)
fi
[ -z "$backup" ] || awaited=''

# begin says where to go on reading the file $1 of those opened.
begin() {
  local key=${keys[$1]} known='' was=''
  [ -z "${rotated[$1]}" ] || [ "$1" = 0 ] || known=${at[${keys[0]}]-}
  if [ -n "${at[$key]-}" ]; then
    was=${at[$key]}
    [ "$was" -le "${sizes[$1]}" ] || was=0 # it was emptied
  elif [ -n "$known" ]; then
    # Not of the server, which writes the current file as before: if that was emptied, it
    # may be a copy of what was in it, else others put it there.
    was=${sizes[$1]}
    [ "$known" -le "${sizes[0]}" ] || [ "$known" -gt "$was" ] || was=$known
  elif [ ${#at[@]} = 0 ] && ! [[ -n $last && ${key#*-} > $last ]]; then
    was=${sizes[$1]} # what was there before the first run is not counted
  fi
  echo "${was:-0}"
}

# feed prints what has been logged since, the older file first, in pieces: no line is so
# long that it would be too much for awk. After half a minute the next run has the rest.
feed() {
  local i from skip count
  for ((i = ${#keys[@]} - 1; i >= 0; i--)); do
    [ "$i" = 0 ] || [ "${keys[i]}" != "${keys[0]}" ] || continue # rotated just now
    from=$(begin "$i") skip=$from
    printf '\001file %s\n' "${keys[i]}"
    while [ "$from" -lt "${sizes[i]}" ] && [ "$SECONDS" -lt 30 ]; do
      count=$((sizes[i] - from))
      [ "$count" -le "$piece" ] || count=$piece
      dd iflag=skip_bytes,count_bytes skip="$skip" count="$count" bs=64K status=none <&"${opened[i]}" || return
      printf '\001end\n'
      from=$((from + count)) skip=0 # dd goes on where the last one ended
    done
    printf '\001to %s\n' "$from"
  done
}

# The certificate that is shown on port 443 is looked at every ten minutes.
if [ -n "$name" ] && { [ -z "$expires" ] || [ $((second - asked)) -ge 600 ] || [ "$second" -lt "$asked" ]; }; then
  expires=$(timeout 10 openssl s_client -connect 127.0.0.1:443 -servername "$name" </dev/null 2>/dev/null | openssl x509 -noout -enddate 2>/dev/null)
  expires=${expires#*=} asked=$second
  [ -z "$expires" ] || expires=$(date -d "$expires" +%s 2>/dev/null) || expires=''
fi
# The servers of the balancer's backend. The 18th column is the state, before any text.
servers='' up=''
if [ -n "$stats" ]; then
  while IFS=, read -ra column; do
    case ${column[0]-}/${column[1]-} in
      "$backend"/FRONTEND | "$backend"/BACKEND) ;;
      "$backend"/*)
        servers=$((servers + 1))
        case ${column[17]-} in UP* | 'no check') up=$((up + 1)) ;; esac ;;
    esac
  done < <(curl -q -sS --max-time 5 --noproxy '*' "$stats" | head -c 1000000)
  up=${servers:+${up:-0}}
fi
# What the application tells of itself: all of it, or nothing.
series='' told=''
if [ -n "$app" ] && [ -r "$sender" ]; then
  series=0
  if told=$(set -o pipefail; curl -q -fsSL --max-redirs 0 --max-time 8 --noproxy '*' -H 'X-Forwarded-Proto: https' -H "Host: $domain" "$app" | head -c $((most + 1)) |
    { iconv -c -f UTF-8 -t UTF-8 || :; } | awk -v now="${now/./}000" -v most="$most" -v many="$many" "$application") && [[ $told =~ ^[0-9]{1,6}\  ]]; then
    series=${told%% *} told=${told#* }
  else
    echo "the application's metrics are not taken: no answer, one that leads elsewhere, or more than $many series or $most bytes" >&2
    told=''
  fi
fi
reboot=0
[ ! -e /run/reboot-required ] || reboot=1
if failed=$(timeout 10 systemctl list-units --state=failed --plain --no-legend --no-pager 2>/dev/null); then
  mapfile -t units <<<"$failed"
  failed=${failed:+${#units[@]}} failed=${failed:-0}
else
  failed=''
fi

# What each unit of the stack takes: processors in nanoseconds since the last run, memory,
# tasks, and how often systemd has restarted it; "-" where systemd does not count that.
used='' unit='' state=''
declare -A now_spent=() has=()
read -ra stack <<<"$services"
if [ -n "$services" ]; then
  while IFS='=' read -r key value; do
    if [ -n "$key" ]; then
      has[$key]=$value
      continue
    fi
    unit=${has[Id]-} state=${has[SubState]-}
    if [ "$state" = running ] && [[ $unit =~ ^[A-Za-z0-9:_.@-]+$ ]]; then
      cpu=${has[CPUUsageNSec]-} took=-
      if number "$cpu"; then
        now_spent[$unit]=$cpu
        took=${spent[$unit]-}
        # Less than before: it is another process.
        if [ -n "$took" ]; then [ "$took" -le "$cpu" ] && took=$((cpu - took)) || took=$cpu; else took=-; fi
      fi
      used+="$unit $took"
      for key in MemoryCurrent TasksCurrent NRestarts; do
        if number "${has[$key]-}"; then used+=" ${has[$key]}"; else used+=' -'; fi
      done
      used+=' '
    fi
    has=()
  done < <(timeout 10 systemctl show -p Id,SubState,CPUUsageNSec,MemoryCurrent,TasksCurrent,NRestarts -- "${stack[@]}" 2>/dev/null; echo)
fi

elapsed=0 since=${since:-${now/./}000}
[ -z "$last" ] || elapsed=$(((${now/./} - ${last/./}) / 1000))e-3
line=$(feed | awk -v was=foobar.prom -v out=foobar.prom.new -v now="${now/./}000" -v since="$since" -v elapsed="$elapsed" -v format="$format" \
  -v name="$name" -v certificate="${expires:+$((expires - second))}" -v backup="$backup" -v awaited="$awaited" -v happened="$happened" -v servers="$servers" -v up="$up" -v reboot="$reboot" -v failed="$failed" -v used="$used" -v series="$series" "$program") || exit 1
{
  printf '# foobar time %s\n# foobar since %s\n' "$now" "$since"
  [ -z "$expires" ] || printf '# foobar certificate %s %s\n' "$expires" "$asked"
  [ -z "$awaited" ] || printf '# foobar awaited %s\n' "$first"
  for unit in "${!now_spent[@]}"; do printf '# foobar spent %s %s\n' "$unit" "${now_spent[$unit]}"; done
} >>foobar.prom.new || exit 1
# Figures and offsets change together: a run that is killed before is as if it had not been.
mv -f foobar.prom.new foobar.prom || exit 1

# Where a collector takes them, all that it has not taken yet is handed to it, of at most
# a day: it is away for a moment at every restart.
[ -r "$sender" ] || exit 0
unsent=()
[ ! -s unsent ] || mapfile -t unsent <unsent
unsent+=("$line")
[ ${#unsent[@]} -le 1440 ] || unsent=("${unsent[@]: -1440}")
body=$(printf ',%s' "${unsent[@]}")
give() { # gives metrics to the collector; code is how it answers
  code=$(curl -q -s -K "$sender" -o /dev/null -w '%{http_code}' --max-time "${2:-10}" --noproxy '*' -H 'Content-Type: application/json' --data-binary @- <<<"{\"resourceMetrics\":[$1]}") || code=000
}
give "${body#,}"
case $code in
  2??) [ ! -s unsent ] || : >unsent ;;
  400) echo "the collector does not understand the figures, which are dropped" >&2; : >unsent ;;
  *) echo "the collector did not take the figures (status $code); they are kept" >&2
    { printf '%s\n' "${unsent[@]}" >unsent.new && mv -f unsent.new unsent; } || exit 1 ;;
esac
# Those of the application may be many. They are of this moment, and not kept.
[ -n "$told" ] || exit 0
give "{\"scopeMetrics\":[{\"scope\":{\"name\":\"app\"},\"metrics\":[$told]}]}" 5
case $code in 2??) ;; *) echo "the collector did not take the application's metrics (status $code)" >&2 ;; esac
