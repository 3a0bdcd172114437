# Turns what an application tells in Prometheus' text format into OTLP: how many series it
# has, and behind a space its metrics, in one line. An application may say what it likes: a
# line that is not of the format is left out, and so are names that begin as those of
# foobar's own figures do. Without a mark of the time, each is of this moment.
#
# Source: prometheus.io/docs/instrumenting/exposition_formats (text-based format);
# opentelemetry.io/docs/specs/otlp (JSON Protobuf encoding).
{ bytes += length($0) + 1; sub(/\r$/, "") }
bytes > most { exit }
/[\001-\010\013-\037\177]/ { next }
/^#[ \t]+TYPE[ \t]/ { type[$3] = $4; next }
/^#/ { next }

match($0, /^[ \t]*[a-zA-Z_:][a-zA-Z0-9_:]*/) {
  name = substr($0, RSTART, RLENGTH)
  sub(/^[ \t]+/, "", name)
  rest = substr($0, RLENGTH + 1)
  sub(/^[ \t]+/, "", rest)
  attributes = ""
  if (substr(rest, 1, 1) == "{" && !labels()) next
  split(rest, word)
  if (name ~ /^(foobar|haproxy|mysql|nginx|node)_/ || word[1] !~ /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/ || sprintf("%g", word[1] + 0) ~ /inf/) next
  if (++series > many) exit # to END
  point(word[1])
}

# labels takes them off the rest of the line. Their texts have the escapes that JSON has.
function labels(   one, key, at) {
  rest = substr(rest, 2)
  for (;;) {
    sub(/^[ \t,]+/, "", rest)
    if (substr(rest, 1, 1) == "}") { rest = substr(rest, 2); return 1 }
    if (!match(rest, /^[a-zA-Z_][a-zA-Z0-9_]*[ \t]*=[ \t]*"([^"\\]|\\[\\"n])*"/)) return 0
    one = substr(rest, 1, RLENGTH)
    rest = substr(rest, RLENGTH + 1)
    at = index(one, "\"")
    key = substr(one, 1, at - 1)
    sub(/[ \t]*=[ \t]*$/, "", key)
    one = substr(one, at)
    gsub(/\t/, "\\t", one)
    attributes = attributes (attributes == "" ? "" : ",") "{\"key\":\"" key "\",\"value\":{\"stringValue\":" one "}}"
  }
}

# counts tells whether a series only grows: counters, and the parts of histograms and
# summaries that have no quantile.
function counts(   base) {
  if (name in type) return type[name] == "counter"
  base = name
  return sub(/_(bucket|sum|count|total)$/, "", base) && (base in type) && type[base] ~ /^(counter|histogram|summary)$/
}

function point(value,   grows) {
  grows = counts()
  if (name != last || grows != grew) {
    out[++n] = (last == "" ? "" : "]}},") "{\"name\":\"" name "\"," (grows ? "\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":true," : "\"gauge\":{") "\"dataPoints\":["
    last = name
    grew = grows
  } else out[++n] = ","
  out[++n] = sprintf("{\"timeUnixNano\":\"%s\",%s\"asDouble\":%.17g}", now, attributes == "" ? "" : "\"attributes\":[" attributes "],", value + 0)
}

END {
  if (bytes > most || series > many) exit 1
  printf "%d ", series
  for (i = 1; i <= n; i++) printf "%s", out[i]
  print series ? "]}}" : ""
}
