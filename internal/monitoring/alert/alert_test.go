package alert

import (
	"regexp"
	"strings"
	"testing"
)

// TestList: each alert has a name of its own that fits everywhere, says what is wrong and
// what to do, and a limit within its bounds.
func TestList(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range All() {
		if !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(a.Name) || seen[a.Name] {
			t.Errorf("%q is no name, or has been seen", a.Name)
		}
		seen[a.Name] = true
		if a.Summary == "" || strings.HasSuffix(a.Summary, ".") || !strings.HasSuffix(a.Do, ".") {
			t.Errorf("%s: %q, %q", a.Name, a.Summary, a.Do)
		}
		if limited := a.Unit != State; limited != (a.Limit > 0) || limited && (a.Limit < a.Least || a.Limit > a.Most) || a.Below && !limited {
			t.Errorf("%s: %v is not from %v to %v", a.Name, a.Limit, a.Least, a.Most)
		}
		if a.Severity != Warning && a.Severity != Critical || a.For < 0 || a.For > MostFor || a.Before != 0 && (a.Before < LeastBefore || a.Before > MostBefore) {
			t.Errorf("%+v", a)
		}
	}
	if len(seen) < 13 {
		t.Errorf("%d alerts", len(seen))
	}
}
