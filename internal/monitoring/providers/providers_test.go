package providers

import (
	"testing"

	"foobar/inventory"
)

// TestEveryWordIsAProvider: what an inventory may name there is, and nothing else.
func TestEveryWordIsAProvider(t *testing.T) {
	words, all := inventory.Providers(), All()
	if len(words) != len(all) {
		t.Fatalf("inventories may name %q; there are %d providers", words, len(all))
	}
	for i, word := range words {
		if all[i].Name() != word || Named(word).Name() != word {
			t.Errorf("%q gives %q", word, Named(word).Name())
		}
	}
	if Named("").Name() != words[0] {
		t.Errorf("the default is %q", Named("").Name())
	}
}
