# Percentiles of times without keeping each: times below 50 ms are counted as they are,
# others in steps of 5 %. times[who, bucket] are how many there were, timed[who] how many
# in all, top the last bucket of anybody.
function bucket(ms) { return ms < 50 ? int(ms) : 50 + int(20 * log(ms / 50) + 0.5) }
function middle(b) { return b < 50 ? b : int(50 * exp((b - 50) / 20) + 0.5) }

# timing counts one more time of who, in milliseconds.
function timing(who, ms,   b) {
  if (ms < 0) ms = 0
  b = bucket(ms > 86400000 ? 86400000 : ms)
  if (b > top) top = b
  times[who, b]++
  timed[who]++
}

# quantile is the time, in milliseconds, that so large a share of them does not exceed.
function quantile(who, share,   b, sum) {
  for (b = 0; b < top; b++) {
    sum += times[who, b]
    if (sum >= share * timed[who]) break
  }
  return middle(b)
}
