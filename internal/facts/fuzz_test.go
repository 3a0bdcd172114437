package facts

import (
	"encoding/base64"
	"strings"
	"testing"
)

// FuzzParse: no answer is taken that has no end, and what is taken is no longer
// than what was said.
func FuzzParse(f *testing.F) {
	ledger := base64.StdEncoding.EncodeToString([]byte(`{"version":1,"site":"x","owned":["file:/b"]}`))
	f.Add(strings.Join(answer("address 10.0.0.1/24", "owned "+ledger, "db installed", "db version 11.8.3-MariaDB", "db read_only 1", "db source 10.0.0.2", "db position 0-1-7", "cpus 2"), "\n"))
	f.Add("token begin 0\nowned e30=\ncpus -1\nclock 99999999999999\naddress ::/0\ntoken done")
	f.Fuzz(func(t *testing.T, text string) {
		facts, err := Parse("token", strings.Split(text, "\n"))
		if err == nil && (!strings.Contains(text, "token done") || facts.OS == "") {
			t.Fatalf("taken: %q", text)
		}
		size := len(facts.OwnedBy) + len(facts.Pretty)
		for _, name := range facts.Owned {
			size += len(name)
		}
		if size > len(text) {
			t.Fatalf("%d bytes from %d", size, len(text))
		}
	})
}
