package planview

import (
	"fmt"
	"strconv"
	"strings"
)

// mostNames is how many hosts are named one by one.
const mostNames = 6

// Names are hosts as people read them: where they are many, "web1 … web254 (254 hosts)",
// with a span for each run of numbers, of which at most mostNames are shown.
func Names(hosts []string) string {
	if len(hosts) <= mostNames {
		return strings.Join(hosts, ", ")
	}
	var spans []string
	for i := 0; i < len(hosts); {
		j := i + 1
		for j < len(hosts) && follows(hosts[j-1], hosts[j]) {
			j++
		}
		switch {
		case j-i > 2:
			spans = append(spans, hosts[i]+" … "+hosts[j-1])
		default:
			spans = append(spans, hosts[i:j]...)
		}
		i = j
	}
	if len(spans) > mostNames {
		spans = append(spans[:mostNames-1], "…")
	}
	return strings.Join(spans, ", ") + fmt.Sprintf(" (%d hosts)", len(hosts))
}

// follows reports whether one name is another with the next number: "web9", "web10".
func follows(a, b string) bool {
	x, n, ok := numbered(a)
	y, m, both := numbered(b)
	return ok && both && x == y && m == n+1
}

// numbered splits a name into what is before its last digits, and their number.
func numbered(name string) (string, int, bool) {
	base := strings.TrimRight(name, "0123456789")
	n, err := strconv.Atoi(name[len(base):])
	return base, n, err == nil
}
