# Ends all of this where nobody hears it any more: a log that is silent would not notice.
{
  trap '' PIPE
  while sleep 15 && echo; do :; done 2>/dev/null
  kill -s TERM 0
} &
wait
