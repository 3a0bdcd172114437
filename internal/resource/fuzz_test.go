package resource

import (
	"net/netip"
	"strings"
	"testing"

	"foobar/internal/ask/asktest"
	"foobar/internal/pki"
)

// asked are resources of every kind whose answer has a form of its own.
func asked(f testing.TB) []Resource {
	ca, err := pki.New(make([]byte, 32), "foobar", 1)
	if err != nil {
		f.Fatal(err)
	}
	cert := Certificate{Dir: "/etc/t", Names: []string{"web1.internal"}, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.11")}, CA: ca.PEM()}
	return []Resource{
		File{Path: "/etc/a", Content: []byte("a\n"), Owner: "root", Group: "root", Mode: 0o644},
		Dir{Path: "/etc/d", Owner: "root", Group: "root", Mode: 0o755},
		Link{Path: "/etc/l", Target: "a"},
		User{Name: "app"},
		Packages{Names: []string{"nginx", "haproxy"}},
		Service{Unit: "nginx", Loads: []ID{"file:/etc/a"}},
		cert, Reissue{Certificate: cert},
	}
}

// FuzzProbes: whatever a host answers to the probes, every one of them has an
// observation, what was not seen says why, and no comparison panics.
func FuzzProbes(f *testing.F) {
	want := asked(f)
	probes := make([]Probe, len(want))
	for i, r := range want {
		probes[i] = r.Probe()
	}
	set := Compile(probes)
	f.Add("tok begin 4\n0\tstate\tpresent\n0\tkey\t0640 root:root regular file\ntok begin 4 0 pub\n---\ntok begin 4\ntok done")
	f.Add("tok begin 0\nstat\t/etc/a\tregular file\t0644\troot:root\t2\t1\t'/etc/a'\n" + strings.Repeat("0", 64) + "  /etc/a\ntok done")
	f.Add("tok begin 3\nId=nginx.service\nLoadState=loaded\nActiveState=active\ntok begin 3 0 stamp\nx\ntok begin 2\nii  nginx 1.26\ntok begin 1\n0\tstate\tunknown why\ntok done")
	f.Fuzz(func(t *testing.T, text string) {
		seen, err := set.Read(asktest.Answer(strings.Split(text, "\n")...))
		if err != nil {
			return
		}
		if len(seen) != len(want) || !strings.Contains(text, "tok done") {
			t.Fatalf("%d observations of %d", len(seen), len(want))
		}
		for i, r := range want {
			_, _ = r.Diff(seen[i])
			if w, ok := Unwrap(r).(Witness); ok {
				w.Unmanaged(seen[i])
			}
		}
	})
}

// FuzzCertificate: no answer to the question for a certificate panics.
func FuzzCertificate(f *testing.F) {
	f.Add("end\tend")
	f.Fuzz(func(_ *testing.T, text string) { _ = pki.Leaf([]byte(text)) })
}
