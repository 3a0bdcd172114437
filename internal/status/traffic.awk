# Counts what HAProxy has answered in the last span seconds before now, as its access log
# has it (log-format in haproxy.cfg). It prints of how many seconds that is, and a line for
# the site and for each server: how many requests, how many of them answered with 5xx, and
# the 50th, 95th and 99th percentile of their times in milliseconds.
#
# The input is the end of the log; at most bytes or more of it mean that it may be cut.
# Split at quotes, all that is read stands before what visitors write: path and browser.
BEGIN { FS = "\""; from = now - span }

function count(who, status, ms) {
  requests[who]++
  if (status >= 500) errors[who]++
  if (status != 101) timing(who, ms) # 101 is open for as long as the visitor likes
}

{ size += length($0) + 1 }

$2 == "ts" && $16 == "srv" && $20 == "status" && $34 == "t_active" {
  status = substr($21, 2) + 0
  ms = substr($35, 2) + 0
  if (ms < 0) ms = 0
  if (ms > 86400000) ms = 86400000
  ended = substr($3, 2) + ms / 1000
  if (first == "") first = ended
  if (ended <= from || ended > now + 1) next
  count("site", status, ms)
  if ($18 !~ /^[A-Za-z0-9][A-Za-z0-9.-]*$/) next # answered by HAProxy itself
  if (!(("server " $18) in requests) && known++ >= 1000) next
  count("server " $18, status, ms)
}

END {
  seconds = span
  if (size >= most && first > from && first < now) seconds = now - first
  printf "window %.3f\n", seconds
  requests["site"] += 0
  for (who in requests) {
    printf "%s %d %d", who, requests[who], errors[who]
    if (timed[who]) printf " %d %d %d", quantile(who, 0.5), quantile(who, 0.95), quantile(who, 0.99)
    print ""
  }
}
