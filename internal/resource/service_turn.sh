# Enables the unit $u and, as $verb says, starts, reloads or restarts it and stamps it, or
# only waits until it is ready (await), and then forgets what its files were before ($kept).
# A unit that is $enabled was seen to be so; the files in $read systemd was seen to have read.
# Arguments: the files that it reads. Their digests are taken before it reads them, so
# that a file changed in between is seen as not loaded.
stamp=/run/foobar/$u sums='' summed='' nl='
'
# clock leaves in $now seconds that nobody sets back.
clock(){ read -r now _ </proc/uptime; now=${now%%.*}; }
#
# await polls is_ready, which may take $most seconds: few at first, for it may hang where
# what is to answer has died. Where it asks something it says in $how what came of that.
await(){
  clock
  end=$((now + within)) inv=${inv-} deaths=0 most=1 n=0 how='' # n counts the looks
  [ "$inv" ] || inv=$(systemctl show -p InvocationID --value -- "$u")
  until is_ready; do
    n=$((n + 1))
    died
    most=$((most < 5 ? most + 1 : 5))
    clock
    if [ "$now" -ge "$end" ]; then
      echo "$u did not become ready${how:+: $how}"
      systemctl is-active -q -- "$u" || dead
      words
      unready
    fi
    sleep 0.2
  done
  rm -rf -- "$stamp.unready" "$kept"
}
# died ends the wait for a unit that has failed, or that systemd had to start again twice
# by itself: once may be bad luck, as when its database comes up at the same time.
died(){
  while IFS='=' read -r k v; do
    case $k=$v in
    ActiveState=failed) dead ;;
    InvocationID="$inv" | InvocationID=) ;;
    InvocationID=*) inv=$v deaths=$((deaths + 1)) ;;
    MainPID=*) main=$v ;;
    esac
  done <<E
$(systemctl show -p ActiveState -p InvocationID -p MainPID -- "$u")
E
  [ $deaths -lt 2 ] || dead
}
# words are what the unit has said since it was turned, at most its last lines.
words(){ journalctl -q -u "$u" --since "@${began:-0}" -n 200 --no-pager -o cat; }
# A unit that its package has started in the meantime, after the files were written, has
# loaded them already.
start(){
  if systemctl is-active -q -- "$u"; then
    started=$(systemctl show -p InactiveExitTimestamp --timestamp=unix --value -- "$u" 2>/dev/null) ||
      started=$(date -d "$(LC_ALL=C TZ=UTC systemctl show -p InactiveExitTimestamp --value -- "$u")" +%s) # systemd before 251
    [ "$newest" -ge "${started#@}" ] || return 0
    if [ "$reloads" ]; then take_in; else systemctl restart -- "$u" || dead; fi
  else
    systemctl reset-failed -- "$u" 2>/dev/null || :
    systemctl start -- "$u" || dead
  fi
}
turn(){
  # A check may end the shell it runs in, and needs set -e to hold in it.
  set +e
  ( set -e; check )
  r=$?
  set -e
  [ $r = 0 ] || rejected
  began=$(date +%s) newest=0 at=$began
  if [ $# -gt 0 ]; then
    if [ "$verb" = start ] || [ "$reloads" ]; then
      for t in $(stat -c %Z -- "$@"); do [ "$t" -le "$newest" ] || newest=$t; done
    fi
    # Where the clock was set back since, the time of the last change counts, or the unit
    # would seem not to have read its files until the clock is there again.
    [ "$newest" -le "$at" ] || at=$newest
    [ "$summed" ] || sums=$(sha256sum -- "$@")
  fi
  # The next run looks for readiness again when this one does not get to see it.
  ( umask 077 && : >"$stamp.unready" )
  case $verb in
  start) start ;;
  reload) take_in ;;
  *) turn_over ;;
  esac
  invoked
  ( umask 077 && printf 'time %s\ninvocation %s\n%s\n' "$at" "$inv" "$sums" >"$stamp.new" )
  mv -fT -- "$stamp.new" "$stamp"
  await
}
# invoked leaves in $inv which start of $u this is. For journald systemd says so in a link;
# after a reload it is asked.
invoked(){
  inv=''
  [ "$verb" != restart ] || inv=$(readlink -- "/run/systemd/units/invocation:$u") || :
  [ ${#inv} = 32 ] || inv=$(systemctl show -p InvocationID --value -- "$u")
}
# as_read succeeds where systemd has read the unit files among the arguments, and those of
# $u, as they are on disk: to have it read all of them again costs more than most starts.
# A new folder of drop-ins does not make NeedDaemonReload "yes", so their paths count, too.
as_read(){
  # Systemd goes by their times, which tell nothing where the clock was set back: one that is
  # another than when $u was last turned is new to it.
  if [ -f "$stamp" ] && [ $# -gt 0 ]; then
    sums=$(sha256sum -- "$@" 2>/dev/null) && summed=yes
    known=$nl
    while IFS= read -r l; do known=$known$l$nl; done <"$stamp"
    while IFS= read -r l; do
      case $l in */systemd/system/*) case $known in *"$nl$l$nl"*) ;; *) return 1 ;; esac ;; esac
    done <<E
$sums
E
  fi
  files=
  for f in /etc/systemd/system/"$u".d/*.conf /run/systemd/system/"$u".d/*.conf /usr/lib/systemd/system/"$u".d/*.conf; do
    [ ! -f "$f" ] || files="$files$f$nl"
  done
  for f; do
    shift
    case $f in */systemd/system/*) files="$files$f$nl" ;; *) continue ;; esac
    case $f in *.d/*) f=${f%.d/*} ;; esac
    [ "${f##*/}" = "$u" ] || set -- "$@" "${f##*/}"
  done
  case $u$* in *@*) return 1 ;; esac # of an instance, the names are others
  if [ "${read-}" ] && [ -f "$stamp" ]; then
    says="NeedDaemonReload=no$nl$read"
  else
    says=$(systemctl show -p LoadState -p NeedDaemonReload -p FragmentPath -p DropInPaths -- "$u" "$@") || return 1
  fi
  case $says in
  *LoadState=masked*) unmask; return 1 ;;
  *LoadState=not-found* | *NeedDaemonReload=yes*) return 1 ;;
  *NeedDaemonReload=no*) ;;
  *) return 1 ;;
  esac
  while IFS= read -r f; do
    case $nl$says$nl in *[=\ ]"$f"[\ "$nl"]*) ;; *) [ -z "$f" ] || return 1 ;; esac
  done <<E
$files
E
}
# unmask also ends a mask that is to last until the next boot (systemctl mask --runtime).
unmask(){ systemctl unmask -q -- "$u"; systemctl unmask -q --runtime -- "$u"; }
# A unit that is enabled until the next boot is not there after it.
if [ "$static" ] || [ "${enabled-}" ] || { is=$(systemctl is-enabled -- "$u" 2>/dev/null) && [ "$is" != enabled-runtime ]; }; then
  as_read "$@" || systemctl daemon-reload
else
  [ "$(systemctl show -p LoadState --value -- "$u")" != masked ] || unmask
  systemctl enable -q -- "$u" # which has systemd read them, too
fi
case $verb in
'') ;;
await) await ;;
*) turn "$@" ;;
esac
