package inventory_test

import (
	"testing"

	"foobar/inventory"
)

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{"a b": `"a b"`, `a"b\`: `"a\"b\\"`, "a\nb": `"a\nb"`, "a\x7fb": `"a\u007fb"`, "ü": `"ü"`} {
		if got := inventory.Quote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
