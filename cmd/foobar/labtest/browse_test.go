//go:build lab

package labtest

import (
	"strings"
	"testing"
	"time"
)

// browse asks for pages of the site, one after another, while something is changed
// about it. The function that it returns ends that, and not a request may have
// gone without its page.
func browse(t *testing.T) (end func(while string)) {
	t.Helper()
	stop, answers := make(chan struct{}), make(chan map[string]int)
	go func() {
		codes := map[string]int{}
		// Two of these stay below lb.rate_limit on any machine: 600 requests in 10 s, of 1000.
		pace := time.NewTicker(100 * time.Millisecond)
		defer pace.Stop()
		for ; ; <-pace.C {
			select {
			case <-stop:
				answers <- codes
				return
			default:
			}
			r := foobar("lab", "curl", "-s", "--max-time", seconds(10*time.Second), "-o", "/dev/null", "-w", "%{http_code} ", "https://www.foobar.com/",
				"-o", "/dev/null", "https://www.foobar.com/static/style.css", "-o", "/dev/null", "https://www.foobar.com/api/notes")
			for _, c := range strings.Fields(r.out) {
				codes[c]++
			}
		}
	}()
	return func(while string) {
		t.Helper()
		close(stop)
		codes := <-answers
		t.Logf("answers while %s: %v", while, codes)
		if codes["200"] < 10 || len(codes) != 1 {
			t.Errorf("while %s not every request was answered: %v", while, codes)
		}
	}
}
