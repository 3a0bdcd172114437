package action

import (
	"strings"
	"testing"
)

// TestWarningsWaitForTheView: what would be written over a view is told when it is gone.
func TestWarningsWaitForTheView(t *testing.T) {
	var out strings.Builder
	var w warnings
	w.say(&out, "before")
	w.held = true
	w.say(&out, "behind\x1b[2J")
	if out.String() != "warning: before\n" {
		t.Errorf("on the screen: %q", out.String())
	}
	w.tell(&out)
	w.say(&out, "after")
	if got := out.String(); !strings.Contains(got, "warning: behind") || strings.Contains(got, "\x1b") || !strings.HasSuffix(got, "warning: after\n") {
		t.Errorf("told: %q", got)
	}
}
