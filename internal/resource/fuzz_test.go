package resource

import (
	"net/netip"
	"strings"
	"testing"

	"foobar/internal/pki"
)

// asked are wishes of every kind that has an answer of its own form.
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
	set := Compile("tok", probes)
	f.Add("tok begin 4\n0\tstate\tpresent\n0\tkey\t0640 root:root regular file\n0\tpub:b64\tLS0t\ntok end 4 0\ntok done")
	f.Add("tok begin 0\nstat\t/etc/a\tregular file\t0644\troot:root\t2\t1\n" + strings.Repeat("0", 64) + "  /etc/a\ntok end 0 0\ntok done")
	f.Add("tok begin 3\nId=nginx.service\nLoadState=loaded\nActiveState=active\n0\tstamp\tx\ntok begin 2\nii  nginx 1.26\ntok begin 1\n0\tstate\tunknown why\ntok done")
	f.Fuzz(func(t *testing.T, text string) {
		seen, err := set.Parse(strings.Split(text, "\n"))
		if err != nil {
			return
		}
		if len(seen) != len(want) || !strings.Contains(text, "tok done") {
			t.Fatalf("%d observations of %d", len(seen), len(want))
		}
		for i, r := range want {
			_, _ = Diff(r, seen[i], func(ID) bool { return false })
			if w, ok := Unwrap(r).(Witness); ok {
				w.Strangers(seen[i])
			}
		}
	})
}

// FuzzPositions: a position that is taken covers itself and has no errants
// against itself, in both engines' words.
func FuzzPositions(f *testing.F) {
	for _, s := range []string{"", "0-1-7,0-2-9", "1-1-18446744073709551615", "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5:11-18", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9223372036854775807", "0-1-", ":", "a:b"} {
		f.Add(s, "0-1-7")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, engine := range []DatabasePositions{MariaDB{}, MySQL{}} {
			yes, err := engine.Covers(a, a)
			if err == nil && !yes {
				t.Fatalf("%T: %q does not cover itself", engine, a)
			}
			if lost, err := engine.Errant(a, a, a); err == nil && len(lost) > 0 {
				t.Fatalf("%T: %q has errants against itself: %q", engine, a, lost)
			}
			_, _ = engine.Covers(a, b)
			_, _ = engine.Errant(a, b, "")
			known, err := engine.Known(a, b)
			if err == nil {
				for _, part := range []string{a, b} {
					if yes, err := engine.Covers(known, part); err == nil && !yes {
						t.Fatalf("%T: all of %q and %q is %q, which lacks %q", engine, a, b, known, part)
					}
				}
			}
			engine.Own(a, "1")
			engine.Foreign(DatabaseState{})
		}
	})
}

// FuzzSurvey: no answer of a database server panics, and one without its end is
// none.
func FuzzSurvey(f *testing.F) {
	f.Add("t\tk\tv\nvar\tversion\t11.8.9-MariaDB\nt\tk\tv\nvar\tread_only\t1\nConnection_name\tMaster_Host\tMaster_Port\tSlave_IO_Running\n\t10.0.0.11\t3306\tYes\nend\tend\n")
	f.Add("end\tend")
	f.Fuzz(func(t *testing.T, text string) {
		for _, engine := range []DatabaseMover{MariaDB{}, MySQL{}} {
			if _, err := engine.ReadSurvey(text); err == nil && !strings.Contains(text, "end") {
				t.Fatalf("%T: taken: %q", engine, text)
			}
		}
		_, _ = readCompared([]byte(text))
		_, _ = parseCertificate([]byte(text))
	})
}
