# Whether nginx on this host answers what the balancer asks it for, as the balancer asks: over
# TLS, by the name $internal in its certificate, for $path of $host. HAProxy may ask for
# what the configuration before had until all servers have the new one, so that is well, too.

# answers PATH... succeeds when one of them is answered well; else $how says how they are.
answers(){
  how=''
  for p; do
    is=$(curl -q -s -o /dev/null -w '%{http_code}' --max-time 3 --noproxy '*' --cacert "$ca" --resolve "$internal:443:127.0.0.1" -H "Host: $host" -- "https://$internal$p") || :
    case $is in
    2??) return 0 ;;
    '' | 000) how="$how $host$p (no answer)" ;;
    *) how="$how $host$p ($is)" ;;
    esac
  done
  return 1
}
asked_before(){
  [ -f "$kept/nginx.conf" ] || return 0
  # shellcheck disable=SC2016
  sed -n '/^ *map \$request_uri \$loggable {/,/}/s/^ *\(\/[^ ]*\) 0;$/\1/p' "$kept/nginx.conf" | head -n 1
}
old=$(asked_before)
[ "$old" != "$path" ] || old=''
well(){ ! answers "$path" ${old:+"$old"} || echo health; }
lost(){ [ $# = 0 ] || answers "$path" ${old:+"$old"} || printf '%s' "$how"; }
settle(){
  end=$(($(ticks) + settle))
  until [ -z "$before" ] || answers "$path" ${old:+"$old"} || [ "$(ticks)" -ge $end ]; do sleep 0.3; done
}
count(){ :; }

# workers prints the worker processes that take requests.
workers(){
  { read -r main <"$pid"; } 2>/dev/null || return 0
  { read -r all <"/proc/$main/task/$main/children"; } 2>/dev/null || : # it has no end of line
  for w in ${all-}; do
    { read -r title <"/proc/$w/cmdline"; } 2>/dev/null || :
    [ "$title" != "nginx: worker process" ] || printf '%s ' "$w"
  done
}

# replaced succeeds when none of the workers that are its arguments takes requests any more.
replaced(){
  now=" $(workers)"
  for w; do case $now in *" $w "*) return 1 ;; esac; done
}

# reload has nginx take its files in. A reload returns before that is done, and where it was
# not, the earlier workers go on.
reload(){
  systemctl daemon-reload
  if [ "$turn" = restart ]; then
    systemctl restart nginx.service || { journalctl -q -u nginx.service -n 20 --no-pager -o cat; return 1; }
    return 0
  fi
  earlier=$(workers)
  nginx -t -q || return 1
  systemctl reload nginx.service || { journalctl -q -u nginx.service -n 20 --no-pager -o cat; return 1; }
  n=0
  # shellcheck disable=SC2086
  until replaced $earlier; do
    n=$((n + 1))
    [ $n -lt 100 ] || { echo "nginx did not take the configuration and goes on with the one it has:"; tail -n 3 -- "$errors"; return 1; }
    sleep 0.1
  done
}
