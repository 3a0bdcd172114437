package facts

import (
	"strings"
	"testing"

	"foobar/internal/ask/asktest"
)

// FuzzParse: no answer is taken that has no end, and what is taken is no longer
// than what was said.
func FuzzParse(f *testing.F) {
	f.Add("tok begin facts\nos debian\nclock 1700000000\naddress 10.0.0.1/24\ndb installed\ndb version 11.8.3-MariaDB\ndb read_only 1\n" +
		"db source 10.0.0.2\ndb position 0-1-7\ncpus 2\ntok begin ledger\n" + `{"version":1,"site":"x","owned":["file:/b"]}` + "\ntok done")
	f.Add("tok begin facts\ncpus -1\nclock 99999999999999\naddress ::/0\ntok begin ledger\n{}\ntok done")
	f.Add("tok begin facts\nos debian\ntok begin ledger\n{\"owned\":[\"" + strings.Repeat("\xdc", 300) + "\"]}\ntok done")
	f.Fuzz(func(t *testing.T, text string) {
		facts, err := Read(asktest.Answer(strings.Split(text, "\n")...))
		if err == nil && (!strings.Contains(text, "tok done") || facts.OS == "") {
			t.Fatalf("taken: %q", text)
		}
		size := len(facts.OwnedBy) + len(facts.Pretty)
		for _, name := range facts.Owned {
			size += len(name)
		}
		if size > 3*len(text) { // a byte that is no text is read as a mark of three
			t.Fatalf("%d bytes from %d", size, len(text))
		}
	})
}
