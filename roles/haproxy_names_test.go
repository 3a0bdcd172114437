package roles

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestHAProxyTakesManyNames: no line has more than the 64 words that HAProxy takes, and
// every name of the site is in one.
func TestHAProxyTakesManyNames(t *testing.T) {
	s, lb := balancerSite(t)
	s.Inv.Site.Aliases = nil
	for i := range 99 {
		s.Inv.Site.Aliases = append(s.Inv.Site.Aliases, fmt.Sprintf("a%d.foobar.com", i))
	}
	var named []string
	for line := range strings.Lines(fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf)) {
		words := strings.Fields(line)
		if len(words) > 64 {
			t.Errorf("a line has %d words", len(words))
		}
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "acl our_host req.hdr(host) -m str "); ok {
			named = append(named, strings.Fields(rest)...)
		}
	}
	if !slices.Equal(named, s.Inv.Site.Names()) {
		t.Errorf("the names are %v", named)
	}
}
