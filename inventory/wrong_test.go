package inventory

import (
	"os"
	"strings"
	"testing"
)

// TestWrongInventories: what people write, and what they are told. The file has the
// inventories, each with its errors behind it, for a person to read.
func TestWrongInventories(t *testing.T) {
	t.Setenv("HOME", "/home/someone")
	const path = "testdata/wrong.txt"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, one := range strings.Split(strings.TrimPrefix(string(text), "=== "), "\n=== ") {
		name, rest, _ := strings.Cut(one, "\n")
		wrong, _, _ := strings.Cut(rest, "\n---")
		wrong += "\n"
		_, err := Parse("testdata/site.toml", []byte(wrong))
		if err == nil {
			t.Errorf("%s: there is no error", name)
			continue
		}
		got.WriteString("=== " + name + "\n" + wrong + "---\n" + strings.ReplaceAll(err.Error(), "testdata/site.toml", "site.toml") + "\n")
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got.String() != string(text) {
		t.Errorf("the answers differ (go test -update writes them):\n%s", got.String())
	}
}
