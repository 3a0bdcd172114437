( u=@unit@ stamp=/run/foobar/@unit@
systemctl is-active -q -- "$u" || exit 0
inv='' started=0 known='' at=0 nl='
'
while IFS='=' read -r k v; do
  case $k in InvocationID) inv=$v ;; InactiveExitTimestamp) started=${v#@} ;; esac
done <<EOF
$(systemctl show --timestamp=unix -p InvocationID,InactiveExitTimestamp -- "$u")
EOF
[ ! -f "$stamp" ] || known=$(cat -- "$stamp")
case $nl$known$nl in *"${nl}invocation $inv$nl"*) at=${known#*time } at=${at%%"$nl"*} ;; *) known='' ;; esac
stale=''
for f in @paths@; do
  changed=$(stat -c %Z -- "$f")
  if [ -z "$known" ]; then
    [ "$changed" -lt "$started" ] || stale=1
  else
    case $nl$known$nl in *"$nl$(sha256sum -- "$f")$nl"*) [ "$changed" -le "$at" ] || stale=1 ;; *) stale=1 ;; esac
  fi
done
[ "$stale" ] || exit 0
kept=''
for f in @restarts@; do
  if [ "$known" ]; then
    case $nl$known$nl in *"  $f$nl"*) line=${known%%"  $f"*}; kept="$kept${line##*"$nl"}  $f$nl" ;; esac
  elif [ -f "$f" ] && [ "$(stat -c %Z -- "$f")" -lt "$started" ]; then
    kept="$kept$(sha256sum -- "$f")$nl"
  fi
done
@check@
at=$(date +%s) sums=$(sha256sum -- @reloads@)
for changed in $(stat -c %Z -- @reloads@); do [ "$changed" -le "$at" ] || at=$changed; done # the clock was ahead
@reload@
foobar_dir 0700 root:root /run/foobar
printf 'time %s\ninvocation %s\n%s\n%s' "$at" "$inv" "$sums" "$kept" | foobar_put 0600 root:root "$stamp"
echo "$u loaded the new certificates"
)
