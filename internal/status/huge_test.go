package status

import (
	"testing"
	"time"

	"foobar/internal/ask"
)

// TestHugeNumbers: what a host makes up stays a number that can be shown and
// reckoned with.
func TestHugeNumbers(t *testing.T) {
	const huge = "9223372036854775807"
	if got := ask.Number(huge); got <= 0 || got*100 <= 0 {
		t.Errorf("a count: %d", got)
	}
	if got := bytesOf(huge); got <= 0 || got*100 <= 0 {
		t.Errorf("a size: %d", got)
	}
	if got := bytesOf("2048"); got != 2<<20 {
		t.Errorf("2048 KiB are %d bytes", got)
	}
	for text, want := range map[string]int{huge + "%": 100, "85%": 85, "-3%": 0, "-": 0} {
		if got := percent(text); got != want {
			t.Errorf("%q is %d %%", text, got)
		}
	}
	for s, most := range map[float64]bool{1e15: true, 60: false} {
		if got := seconds(s); got <= 0 || (got > 200*365*24*time.Hour) != most {
			t.Errorf("%g s are %s", s, got)
		}
	}
}
