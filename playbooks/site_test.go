package playbooks

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/bundle"
	"foobar/internal/facts"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

// SiteOf is a site as the command makes it, with hosts that are still bare.
func SiteOf(t *testing.T, file string) *play.Site {
	t.Helper()
	inv, err := inventory.Load(filepath.Join("..", "examples", "inventories", file))
	if err != nil {
		t.Fatal(err)
	}
	master, err := secret.NewMaster(bytes.Repeat([]byte{7}, 32), 1, secret.Site{Name: inv.Site.Name, Domain: inv.Site.Domain})
	if err != nil {
		t.Fatal(err)
	}
	ca, err := pki.New(master.Seed("ca/1"), inv.Site.Name, 1)
	if err != nil {
		t.Fatal(err)
	}
	app, err := bundle.Pack(inv.App.Source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	s := &play.Site{Inv: inv, Master: master, CA: ca, App: app, Facts: map[string]facts.Facts{}, Secrets: map[string]secret.String{}}
	for _, key := range []string{"tls.acme_ca", "monitoring.ca", "monitoring.package.key"} {
		s.Secrets[key] = secret.New("-----BEGIN X-----\nx\n-----END X-----\n")
	}
	s.Secrets["monitoring.token"] = secret.New("a-token")
	for _, h := range inv.Hosts {
		s.Facts[h.Name] = facts.Facts{OS: "debian", Release: "13", Codename: "trixie", Arch: "amd64", CPUs: 2, Memory: 4 << 30}
	}
	return s
}

// TestEveryExampleMakesASite: all roles of all hosts say what they want, and no
// two of them want different things under one name.
func TestEveryExampleMakesASite(t *testing.T) {
	for _, file := range []string{"minimal.toml", "split.toml"} {
		s := SiteOf(t, file)
		plays, err := Site(s)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := play.Check(plays); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		seen := map[string]map[resource.ID]resource.Resource{}
		for _, p := range plays {
			for _, h := range p.Hosts {
				want, err := p.Role.Resources(s, h)
				if err != nil {
					t.Fatalf("%s: %s on %s: %v", file, p.Name, h.Name, err)
				}
				if seen[h.Name] == nil {
					seen[h.Name] = map[resource.ID]resource.Resource{}
				}
				for _, r := range want {
					if old := seen[h.Name][r.ID()]; old != nil && !resource.Same(old, r) {
						t.Errorf("%s: %s: two plays want %s differently", file, h.Name, r.ID())
					}
					seen[h.Name][r.ID()] = r
				}
			}
		}
		for _, h := range s.Inv.Hosts {
			if seen[h.Name]["firewall:ufw"] == nil {
				t.Errorf("%s: %s has no firewall", file, h.Name)
			}
			if (seen[h.Name]["service:mariadb.service"] != nil) != h.Has(inventory.DB) {
				t.Errorf("%s: %s: a database where none is wanted, or none where one is", file, h.Name)
			}
		}
	}
}

// TestNoSecretIsInADiff: what people are shown of a first deploy holds no password.
func TestNoSecretIsInADiff(t *testing.T) {
	s := SiteOf(t, "minimal.toml")
	s.Secrets["monitoring.token"] = secret.New("the-token")
	plays, err := Site(s)
	if err != nil {
		t.Fatal(err)
	}
	hidden := []string{"the-token"}
	for _, label := range []string{"db/app_rw", "db/app_ro", "db/replication", "db/monitoring"} {
		hidden = append(hidden, s.Master.Password(label).Reveal())
	}
	for _, p := range plays {
		for _, h := range p.Hosts {
			want, err := p.Role.Resources(s, h)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range want {
				for _, state := range []resource.State{resource.Absent, resource.Present} {
					c, err := r.Diff(resource.Observed{State: state})
					if err != nil {
						continue
					}
					text := c.Reason
					for _, f := range c.Fields {
						text += f.Old + f.New
					}
					for _, st := range c.Steps {
						if run, ok := st.(resource.Run); ok {
							text += run.Title + run.Script
						}
					}
					for _, word := range hidden {
						if strings.Contains(text, word) {
							t.Errorf("%s: %s shows a secret, or puts it into a script", h.Name, r.ID())
						}
					}
				}
			}
		}
	}
}

func TestOtherSystemsAreRefused(t *testing.T) {
	s := SiteOf(t, "minimal.toml")
	s.Facts["web2"] = facts.Facts{OS: "alpine", Pretty: "Alpine Linux v3.22"}
	if _, err := Site(s); err == nil || !strings.Contains(err.Error(), "web2 runs Alpine Linux v3.22") {
		t.Errorf("the error is %v", err)
	}
}

// TestRoles: the names that --parts takes, whichever of them a site has.
func TestRoles(t *testing.T) {
	want := []string{"base", "firewall", "database", "haproxy", "app", "nginx", "letsencrypt", "collector", "rotation", "health"}
	if got := Roles(); !slices.Equal(got, want) {
		t.Errorf("the roles are %q, not %q", got, want)
	}
}
