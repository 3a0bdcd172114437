package monitoring

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the list of docs/metrics.md anew")

// TestListIsDocumented: docs/metrics.md has the list between its two marks.
func TestListIsDocumented(t *testing.T) {
	const file, begin, end = "../../docs/metrics.md", "<!-- metrics begin -->\n", "<!-- metrics end -->\n"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(raw), begin)
	list, tail, whole := strings.Cut(rest, end)
	if !found || !whole {
		t.Fatalf("%s lacks the marks", file)
	}
	if list == Document() {
		return
	}
	if !*update {
		t.Fatalf("%s differs from the list: go test ./internal/monitoring -update writes it anew", file)
	}
	if err := os.WriteFile(file, []byte(head+begin+Document()+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestListIsSound: each name once, with a unit and a meaning; foobar's own under its name.
func TestListIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Metrics() {
		if s.On == "" {
			t.Errorf("of which hosts is what %s measures?", s.Name)
		}
		for _, m := range s.Metrics {
			if seen[m.Name] || m.Unit == "" || m.Meaning == "" || strings.HasPrefix(m.Name, "foobar_") != (s.Name == "foobar") {
				t.Errorf("%s: %+v", s.Name, m)
			}
			seen[m.Name] = true
		}
	}
}
