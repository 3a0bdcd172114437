package resource

import (
	"fmt"
	"slices"

	"foobar/internal/sh"
)

// LoadScript is shell, under set -eu and with the functions of sh.Files, by
// which the unit takes in files without a deploy: when it runs, can reload, and
// has not loaded one of the paths as it is now, it is reloaded and its stamp says
// so, as after a deploy. What only a restart takes in stays as it was in the
// stamp. The paths must be among Loads.
func (s Service) LoadScript(paths ...string) string {
	if !s.Reload {
		return ""
	}
	var reloads, restarts []string
	for _, id := range s.Loads {
		if slices.Contains(s.Restarts, id) {
			restarts = append(restarts, id.Name())
		} else {
			reloads = append(reloads, id.Name())
		}
	}
	slices.Sort(reloads)
	check := ""
	if s.Check != "" && s.ReloadScript == "" { // a script says itself whether what it loaded is good
		check = "( set -eu\n" + s.Check + "\n)\n"
	}
	return fmt.Sprintf(loadScript, sh.Quote(s.Unit), sh.Join(paths...), sh.Join(restarts...), check, sh.Join(reloads...), s.reload())
}

// loadScript compares as loaded does. The digests are taken before the reload,
// so that a file changed in between is seen as not loaded.
const loadScript = `( u=%[1]s stamp=/run/foobar/%[1]s
systemctl is-active -q -- "$u" || exit 0
inv='' started=0 known='' at=0 nl='
'
while IFS='=' read -r k v; do
  case $k in InvocationID) inv=$v ;; InactiveExitTimestamp) started=${v#@} ;; esac
done <<EOF
$(systemctl show --timestamp=unix -p InvocationID,InactiveExitTimestamp -- "$u")
EOF
[ ! -f "$stamp" ] || known=$(cat -- "$stamp")
case $nl$known$nl in *"${nl}invocation $inv$nl"*) at=${known#*time } at=${at%%%%"$nl"*} ;; *) known='' ;; esac
stale=''
for f in %[2]s; do
  changed=$(stat -c %%Z -- "$f")
  if [ -z "$known" ]; then
    [ "$changed" -lt "$started" ] || stale=1
  else
    case $nl$known$nl in *"$nl$(sha256sum -- "$f")$nl"*) [ "$changed" -le "$at" ] || stale=1 ;; *) stale=1 ;; esac
  fi
done
[ "$stale" ] || exit 0
kept=''
for f in %[3]s; do
  if [ "$known" ]; then
    case $nl$known$nl in *"  $f$nl"*) line=${known%%%%"  $f"*}; kept="$kept${line##*"$nl"}  $f$nl" ;; esac
  elif [ -f "$f" ] && [ "$(stat -c %%Z -- "$f")" -lt "$started" ]; then
    kept="$kept$(sha256sum -- "$f")$nl"
  fi
done
%[4]sat=$(date +%%s) sums=$(sha256sum -- %[5]s)
%[6]s
foobar_dir 0700 root:root /run/foobar
printf 'time %%s\ninvocation %%s\n%%s\n%%s' "$at" "$inv" "$sums" "$kept" | foobar_put 0600 root:root "$stamp"
echo "$u loaded the new certificates"
)
`
