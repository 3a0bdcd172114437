package planview

import (
	"strings"
	"testing"
)

// TestPainted: the mark of a finding has a colour, its text and all else stay as they are.
func TestPainted(t *testing.T) {
	const text = "foobar.com is unhealthy\n\nPROBLEM web1: nginx.service is failed\n        next: foobar logs\nnotice  web2: a PROBLEM of\nHOST  notice  next:"
	var bare, shown strings.Builder
	for out, paint := range map[*strings.Builder]Paint{&bare: nil, &shown: SGR} {
		if n, err := Painted(out, paint).Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	want := "foobar.com is unhealthy\n\n\x1b[1;31mPROBLEM\x1b[0m web1: nginx.service is failed\n\x1b[2m        next:\x1b[0m foobar logs\n\x1b[33mnotice\x1b[0m  web2: a PROBLEM of\nHOST  notice  next:"
	if bare.String() != text || shown.String() != want {
		t.Errorf("bare %q\nshown %q", bare.String(), shown.String())
	}
}
