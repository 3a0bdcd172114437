# Reads the new ends of an access log, as measure.sh feeds them, and writes what is known by
# now in two forms: for Prometheus into the file called out, for OTLP as a line of standard
# output. The file also keeps, in comments, what the next run goes on from.
#
# Each end is between a line "\001file KEY" and a line "\001to OFFSET", in pieces, each with
# the mark "\001end" behind it. No line of these logs holds the byte 1. A line that is not
# whole at the offset is left for the next run. All that is read of a line stands before or
# between what visitors write: a quote of theirs has a backslash before it.
BEGIN {
  FS = "\""
  counter = "foobar_requests_total{class="
  while ((getline line <was) > 0)
    if (index(line, counter) == 1) {
      split(line, part, "\"")
      before[part[2]] = substr(part[3], 3) + 0
    }
  kept = sent = rest = ""
}

/^\001file / { key = substr($0, 7); within = 1; next }
/^\001to / { within = 0; kept = kept sprintf("# foobar at %s %.0f\n", key, substr($0, 5) - length(rest)); rest = ""; next }
/\001end$/ {
  rest = rest substr($0, 1, length($0) - 4)
  if (length(rest) > 1000000) rest = "" # no request
  next
}
rest != "" { $0 = rest $0; rest = "" }

format == "haproxy" && $2 == "ts" && $16 == "srv" && $20 == "status" && $34 == "t_active" {
  count(substr($21, 2) + 0, substr($35, 2) + 0)
}

format == "nginx" && $2 == "ts" && match($0, /","status":[0-9]+,/) {
  status = substr($0, RSTART + 11, RLENGTH - 12) + 0
  count(status, match($0, /,"request_time":[0-9.]+,/) ? substr($0, RSTART + 16, RLENGTH - 17) * 1000 : 0)
}

function count(status, ms) {
  all++
  seen[status >= 100 && status < 600 ? int(status / 100) "xx" : "other"]++
  if (status >= 500 && status < 600) errors++
  if (status != 101) timing("", ms) # 101 is open for as long as the visitor likes
}

# figure writes one figure in both forms. A figure that is known by one more word has key
# and value of that; those of one name come one after the other.
function figure(name, unit, type, key, word, value,   point) {
  name = "foobar_" name
  if (name != last) kept = kept "# TYPE " name " " type "\n"
  value = sprintf(value == int(value) ? "%.0f" : "%.6g", value)
  kept = kept name (key == "" ? "" : "{" key "=\"" word "\"}") " " value "\n"
  point = "{\"timeUnixNano\":\"" now "\","
  if (key != "") point = point "\"attributes\":[{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" word "\"}}],"
  if (type == "counter") point = point "\"startTimeUnixNano\":\"" since "\",\"asInt\":\"" value "\"}"
  else point = point "\"asDouble\":" value "}"
  if (name == last) { sent = sent "," point; return }
  if (last != "") sent = sent "]}},"
  last = name
  sent = sent "{\"name\":\"" name "\",\"unit\":\"" unit "\","
  sent = sent (type == "counter" ? "\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":true," : "\"gauge\":{") "\"dataPoints\":[" point
}

# gauge is a figure that is left out where it is not known.
function gauge(name, unit, value) { if (value != "") figure(name, unit, "gauge", "", "", value + 0) }

function traffic(   n, i, words) {
  n = split("1xx 2xx 3xx 4xx 5xx other", words, " ")
  for (i = 1; i <= n; i++) figure("requests_total", "{request}", "counter", "class", words[i], before[words[i]] + seen[words[i]])
  if (elapsed <= 0) return
  gauge("requests_per_second", "{request}/s", all / elapsed)
  gauge("request_errors_ratio", "1", all ? errors / all : 0)
  if (!timed[""]) return
  n = split("0.5 0.95 0.99", words, " ")
  for (i = 1; i <= n; i++) figure("response_time_seconds", "s", "gauge", "quantile", words[i], quantile("", words[i]) / 1000)
}

# services are what each unit takes, of which systemd has told a row of five words.
function services(   n, i, words) {
  n = split(used, words, " ")
  for (i = 1; i < n && elapsed > 0; i += 5) if (words[i + 1] != "-") figure("unit_cpu_cores", "{cpu}", "gauge", "unit", words[i], words[i + 1] / 1e9 / elapsed)
  for (i = 1; i < n; i += 5) if (words[i + 2] != "-") figure("unit_memory_bytes", "By", "gauge", "unit", words[i], words[i + 2] + 0)
  for (i = 1; i < n; i += 5) if (words[i + 3] != "-") figure("unit_tasks", "{task}", "gauge", "unit", words[i], words[i + 3] + 0)
  for (i = 1; i < n; i += 5) if (words[i + 4] != "-") figure("unit_restarts", "{restart}", "gauge", "unit", words[i], words[i + 4] + 0)
}

function events(   n, i, words) {
  n = split(happened, words, " ")
  for (i = 1; i < n; i += 2) figure("event_timestamp_seconds", "s", "gauge", "event", words[i], words[i + 1] + 0)
}

END {
  if (within) exit 1 # it could not be read to its end: the next run counts it, and all of it
  if (format != "") traffic()
  if (certificate != "") figure("certificate_seconds_left", "s", "gauge", "name", name, certificate)
  gauge("servers", "{server}", servers)
  gauge("servers_up", "{server}", up)
  gauge("backup_age_seconds", "s", backup)
  gauge("backup_awaited_seconds", "s", awaited)
  events()
  gauge("reboot_pending", "1", reboot)
  gauge("failed_units", "{unit}", failed)
  services()
  gauge("app_series", "{series}", series)
  printf "%s", kept >out
  if (close(out) != 0) exit 1
  if (last != "") printf "{\"scopeMetrics\":[{\"scope\":{\"name\":\"foobar\"},\"metrics\":[%s]}}]}]}\n", sent
}
