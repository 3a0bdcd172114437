package playbooks

import (
	"slices"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/fault/faulttest"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
	"foobar/roles"
)

// TestRemoveHost: the balancer lets go of a host first, and what is on it goes when all
// others have forgotten it.
func TestRemoveHost(t *testing.T) {
	s := SiteOf(t, "minimal.toml")
	plays, err := RemoveHost(s, s.Inv.Host("web3"), roles.Leaving{})
	if err != nil {
		t.Fatal(err)
	}
	if err := play.Check(plays); err != nil {
		t.Fatal(err)
	}
	last := plays[len(plays)-1]
	for _, p := range plays[1 : len(plays)-1] {
		if !slices.Contains(p.After, plays[0].Name) {
			t.Errorf("%s may begin while the balancer sends requests to web3", p.Name)
		}
		for _, h := range p.Hosts {
			if h.Name == "web3" {
				t.Errorf("%s works on web3", p.Name)
			}
			list, err := p.Role.Resources(s, h)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				f, ok := resource.Unwrap(r).(resource.File)
				if ok && strings.Contains(string(f.Content), "web3.") {
					t.Errorf("%s on %s still names web3 in %s", p.Name, h.Name, f.Path)
				}
			}
		}
	}
	if !last.Removes || len(last.Hosts) != 1 || !slices.Contains(last.After, "balancer") || !slices.Contains(last.After, "web") {
		t.Errorf("the removal is %+v", last)
	}
}

// TestRemoveRefuses: what the site cannot do without.
func TestRemoveRefuses(t *testing.T) {
	s := SiteOf(t, "minimal.toml")
	_, err := RemoveHost(s, s.Inv.Host("lb1"), roles.Leaving{})
	faulttest.Wants(t, err, "SVC13")
	f := s.Facts["web1"]
	f.Database = facts.Database{Installed: true, Running: true, Schemas: 1, Data: true}
	s.Facts["web1"] = f
	_, err = RemoveHost(s, s.Inv.Host("web1"), roles.Leaving{})
	faulttest.Wants(t, err, "DB11")
	s.Inv.DB.Primary, s.Inv.DB.Backup.Host = "web1", "web2"
	rest, err := Without(s.Inv, s.Inv.Host("web2"))
	if err != nil || rest.DB.Primary != "web1" || rest.DB.Backup.Host != "" || len(s.Inv.Hosts) != 4 {
		t.Errorf("%+v, %v", rest, err)
	}
}

// TestRemoveSite: every host once, and what answers the public before the others.
func TestRemoveSite(t *testing.T) {
	s := SiteOf(t, "split.toml")
	plays := RemoveSite(s, roles.Leaving{})
	var names []string
	for _, p := range plays {
		names = append(names, inventory.Names(p.Hosts)...)
		if !p.Removes {
			t.Errorf("%s removes nothing", p.Name)
		}
	}
	if len(names) != len(s.Inv.Hosts) || names[0] != s.Inv.Group(inventory.LB)[0].Name {
		t.Errorf("%v", names)
	}
}

// TestOwnAccounts: the accounts that a removal takes are all that roles want for foobar
// alone.
func TestOwnAccounts(t *testing.T) {
	for _, file := range []string{"minimal.toml", "split.toml", "full.toml"} {
		s := SiteOf(t, file)
		plays, err := Site(s)
		if err != nil {
			t.Fatal(err)
		}
		own, gone := map[string]bool{}, map[string]bool{}
		s.Owned = Owned()
		for _, p := range append(plays, RemoveSite(s, roles.Leaving{})...) {
			for _, h := range p.Hosts {
				list, err := p.Role.Resources(s, h)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range list {
					switch r := resource.Unwrap(r).(type) {
					case resource.User:
						own[r.Name] = own[r.Name] || r.Own
					case roles.NoUser:
						gone[r.Name] = true
					}
				}
			}
		}
		for name, alone := range own {
			if alone && !gone[name] {
				t.Errorf("%s: no removal takes the account %s", file, name)
			}
			if !alone && gone[name] {
				t.Errorf("%s: a removal takes the account %s of others", file, name)
			}
		}
	}
}
