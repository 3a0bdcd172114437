package inventory

import (
	"fmt"
	"strings"
	"testing"
)

// TestManyNames: a certificate of an authority holds a hundred names, one's own any number.
func TestManyNames(t *testing.T) {
	with := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("%q", fmt.Sprintf("a%d.foo-bar.com", i))
		}
		return strings.Replace(minimal, "[site]\n", "[site]\naliases = ["+strings.Join(list, ", ")+"]\n", 1)
	}
	parse(t, with(99))
	inv, err := Parse("site.toml", []byte(with(100)))
	if err == nil || inv != nil || !strings.Contains(err.Error(), "site.toml:2: site.aliases: the site has 101 names with its domain, and a certificate of Let's Encrypt holds at most 100; remove 1, or") {
		t.Errorf("101 names: %v", err)
	}
}
