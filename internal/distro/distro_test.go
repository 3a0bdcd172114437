package distro

import "testing"

func TestTable(t *testing.T) {
	for _, c := range []struct {
		id, codename, name string
		known, tested      bool
	}{
		{"debian", "trixie", "Debian 13", true, true},
		{"debian", "bookworm", "Debian 12", true, true},
		{"ubuntu", "noble", "Ubuntu 24.04", true, false},
		{"ubuntu", "jammy", "Ubuntu 22.04", true, false},
		{"debian", "bullseye", "", false, false},
		{"debian", "", "", false, false},
		{"ubuntu", "bookworm", "", false, false}, // no codename of its own
		{"linuxmint", "noble", "", false, false},
	} {
		r, known := Find(c.id, c.codename)
		if known != c.known || r.Name != c.name || r.Tested != c.tested {
			t.Errorf("%s %s: %+v, known %v", c.id, c.codename, r, known)
		}
	}
	seen := map[string]bool{}
	for i, r := range Known() {
		if seen[r.Codename] || len(r.Origins) == 0 || r.Version == "" || r.Python == "" {
			t.Errorf("not whole, or twice: %+v", r)
		}
		seen[r.Codename] = true
		if i > 0 && r.Tested && !Known()[i-1].Tested {
			t.Errorf("%s comes after one that is not tested", r.Name)
		}
	}
	if Of("", "").Codename != "trixie" {
		t.Error("a host that was not looked at is not taken for the newest release")
	}
	if a, b := Names(true), Names(false); a != "Debian 13 and Debian 12" || b != "Ubuntu 24.04 and Ubuntu 22.04" {
		t.Errorf("%q, %q", a, b)
	}
}
