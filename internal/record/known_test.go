package record

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// TestKeepIsForTheNextRun: what one run kept the next recalls, whatever it finds
// is its owner's alone, and what cannot be read is nothing.
func TestKeepIsForTheNextRun(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "runs", "site")}
	var none map[string]int
	if s.Recall(&none); none != nil {
		t.Errorf("before the first: %v", none)
	}
	for _, want := range []map[string]int{{"a": 1, "b": 2}, {"a": 3}} {
		if err := s.Keep(want); err != nil {
			t.Fatal(err)
		}
		var got map[string]int
		if s.Recall(&got); !maps.Equal(got, want) {
			t.Errorf("%v, not %v", got, want)
		}
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	if ids, err := s.IDs(); len(ids) > 0 || err != nil {
		t.Errorf("it counts as a run: %v, %v", ids, err)
	}
	if err := os.WriteFile(filepath.Join(s.Dir, known), []byte(`{"a":`), 0o600); err != nil {
		t.Fatal(err)
	}
	var damaged map[string]int
	if s.Recall(&damaged); len(damaged) > 0 {
		t.Errorf("of a damaged file: %v", damaged)
	}
}
