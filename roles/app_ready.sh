# workers, for while the application does not answer, is dead when they end as soon as they
# begin: gunicorn itself stays up when its workers end, as those of a program that calls
# sys.exit(), and starts others for ever. $main is its process, $firsts those that were there
# when somebody last counted, $since when they came, in seconds of /proc/uptime.
workers(){
  now=''
  { read -r now </proc/"${main:-0}"/task/"${main:-0}"/children; } 2>/dev/null || [ "$now" ] || return 0 # it has no end of line
  for w in ${firsts-}; do case " $now " in *" $w "*) return 0 ;; esac; done
  read -r up rest </proc/uptime
  up=${up%%.*}
  if [ -z "${firsts-}" ] || [ $((up - since)) -ge 5 ]; then replaced=0; else replaced=$((replaced + 1)); fi
  firsts=$now since=$up
  [ $replaced -lt 3 ] || { echo "the workers of the application end as soon as they have begun"; dead; }
}
