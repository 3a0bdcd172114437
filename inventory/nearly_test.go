package inventory

import (
	"strings"
	"testing"
)

// TestNearly: what is proposed is taken.
func TestNearly(t *testing.T) {
	for s, want := range map[string]string{"16m": "16MiB", "2 gb": "2GiB", "512K": "512KiB", "1T": "1TiB", "1tib": "1TiB"} {
		if err := nearlySize(s); !strings.Contains(err.Error(), `write "`+want+`"`) {
			t.Errorf("%s: %v; want %s", s, err, want)
		}
		if _, err := parseSize(want); err != nil {
			t.Errorf("%s is proposed and refused: %v", want, err)
		}
	}
	for s, want := range map[string]string{"30": "30s", "5 min": "5m", "2 hours": "2h", "1 Day": "1d", "10 seconds": "10s"} {
		if err := nearlyDuration(s); !strings.Contains(err.Error(), `"`+want+`"`) {
			t.Errorf("%s: %v; want %s", s, err, want)
		}
		if _, err := ParseDuration(want); err != nil {
			t.Errorf("%s is proposed and refused: %v", want, err)
		}
	}
	for s, want := range map[string]string{"10.0.0.0/255.255.255.0": "10.0.0.0/24", "10.0.0.0/255.0.0.0": "10.0.0.0/8"} {
		if err := nearlyNetwork(s); !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v; want %s", s, err, want)
		}
	}
	if err := nearlyNetwork("10.0.0.0/255.0.255.0"); strings.Contains(err.Error(), "length") {
		t.Errorf("a mask with a hole has no length: %v", err)
	}
}

// TestFamiliarKeys: what is said instead of an unknown key names a key that there is.
func TestFamiliarKeys(t *testing.T) {
	known := map[string]bool{}
	var walk func(node map[string]any)
	walk = func(node map[string]any) {
		for name, below := range child(node, "properties") {
			known[name] = true
			walk(below.(map[string]any))
		}
		for _, kind := range []string{"items", "additionalProperties"} {
			if below, ok := node[kind].(map[string]any); ok {
				walk(below)
			}
		}
	}
	walk(Schema())
	for table, keys := range familiarKeys() {
		if table == "hosts" {
			table = "hosts.web1"
		}
		for names, advice := range keys {
			if _, key, ok := strings.Cut(advice, " is called "); ok && !known[strings.FieldsFunc(key, func(r rune) bool { return r == ' ' || r == ',' || r == ';' })[0]] {
				t.Errorf("[%s] %s: there is no key %s", table, names, key)
			}
			for name := range strings.FieldsSeq(names) {
				if familiar(strings.Split(table, "."), name) == "" {
					t.Errorf("[%s] %s says nothing", table, name)
				}
			}
		}
	}
}
