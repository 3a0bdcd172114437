package roles

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/inventory"
)

// claimSite is a site whose primary was moved to web2: after a reboot all are
// closed, and web1, which comes first in the inventory, says what it likes.
func claimSite(t *testing.T, engine string) *play.Site {
	t.Helper()
	s := databaseSite(t)
	s.Inv.DB.Engine = engine
	s.Inv.DB.Primary = "web2"
	e := databaseEngineOf(s.Inv)
	for _, h := range s.Inv.Hosts {
		d := facts.Database{Installed: true, Engine: engine, Running: true, ReadOnly: true, Data: true, Schemas: 1}
		if h.Name != "web2" {
			d.Source = "10.77.0.12"
		}
		s.Facts[h.Name] = facts.Facts{Owned: []string{"file:" + e.conf}, Database: d,
			Addresses: []netip.Prefix{netip.PrefixFrom(h.IP(), 24)}}
	}
	return s
}

func claims(s *play.Site, host string, say func(*facts.Facts)) {
	f := s.Facts[host]
	say(&f)
	s.Facts[host] = f
}

// TestPrimaryIsNotWhoSaysSo: nothing that one host says moves the writes to it.
func TestPrimaryIsNotWhoSaysSo(t *testing.T) {
	opens := func(f *facts.Facts) { f.Database.ReadOnly, f.Database.Source = false, "" }
	steals := func(f *facts.Facts) {
		opens(f)
		f.Addresses = append(f.Addresses, netip.MustParsePrefix("10.77.0.12/32"))
	}
	for _, engine := range []string{"mariadb", "mysql"} {
		for name, c := range map[string]struct {
			say   func(*facts.Facts)
			three bool // hosts, or two
			open  bool // the true primary is open
			want  string
			code  fault.Code
		}{
			"after a reboot":                          {say: func(*facts.Facts) {}, three: true, want: "web2"},
			"after a reboot, two hosts":               {say: func(*facts.Facts) {}, want: "web2"},
			"open":                                    {say: opens, three: true, code: fault.TwoPrimaries},
			"open, with the primary's address":        {say: steals, three: true, code: fault.TwoPrimaries},
			"open beside the primary":                 {say: steals, three: true, open: true, code: fault.TwoPrimaries},
			"open, two hosts":                         {say: opens, code: fault.PrimaryUnclear},
			"open with the address, two hosts":        {say: steals, code: fault.PrimaryUnclear},
			"open beside the primary, two hosts":      {say: steals, open: true, code: fault.TwoPrimaries},
			"the address alone":                       {say: func(f *facts.Facts) { steals(f); f.Database.ReadOnly = true }, three: true, want: "web2"},
			"the address alone, and the primary open": {say: func(f *facts.Facts) { steals(f); f.Database.ReadOnly = true }, open: true, want: "web2"},
			"it follows another":                      {say: func(f *facts.Facts) { f.Database.Source = "10.77.0.13" }, three: true, want: "web2"},
			"it follows a server outside the site":    {say: func(f *facts.Facts) { f.Database.Source = "192.0.2.1" }, three: true, want: "web2"},
			"it follows the address that it steals":   {say: func(f *facts.Facts) { f.Database.Source = "10.77.0.11" }, three: true, want: "web2"},
		} {
			s := claimSite(t, engine)
			if !c.three {
				s.Inv.Hosts = s.Inv.Hosts[:2]
			}
			claims(s, "web1", c.say)
			claims(s, "web2", func(f *facts.Facts) { f.Database.ReadOnly = !c.open })
			h, err := Primary(s)
			if c.code != "" {
				if err == nil || fault.Of(err) != c.code {
					t.Errorf("%s, %s: %v, %v; not the failure %s", engine, name, h, err, c.code)
				}
				continue
			}
			if err != nil || h.Name != c.want {
				t.Errorf("%s, %s: %v, %v", engine, name, h, err)
			}
		}
	}
}

// TestPrimaryByAPersonsWord: the server that a person names is taken. What a host says
// that is left out of the run does not count, but that never opens a closed server.
func TestPrimaryByAPersonsWord(t *testing.T) {
	opens := func(f *facts.Facts) { f.Database.ReadOnly, f.Database.Source = false, "" }
	s := claimSite(t, "mariadb")
	claims(s, "web1", opens)
	s.Primary = "web1"
	if h, err := Primary(s); err != nil || h.Name != "web1" {
		t.Errorf("named: %v, %v", h, err)
	}
	s.Primary, s.Limit = "", []string{"web2", "web3"}
	if _, err := Primary(s); err == nil || !strings.Contains(err.Error(), "db switchover") || !strings.Contains(err.Error(), "db failover") {
		t.Errorf("a closed server beside one that says it is open: %v", err)
	}
	claims(s, "web2", opens)
	if h, err := Primary(s); err != nil || h.Name != "web2" {
		t.Errorf("the open primary, the other left out: %v, %v", h, err)
	}
	s.Limit = []string{"web1", "web3"}
	if h, err := Primary(s); err == nil {
		t.Errorf("with the primary left out it is %s", h.Name)
	}
}

// TestClaimDoesNotMoveTheApp: what it all is for is where the app of an honest host
// writes.
func TestClaimDoesNotMoveTheApp(t *testing.T) {
	for _, engine := range []string{"mariadb", "mysql"} {
		s := claimSite(t, engine)
		claims(s, "web1", func(f *facts.Facts) {
			f.Database.ReadOnly, f.Database.Source = false, ""
			f.Addresses = append(f.Addresses, netip.MustParsePrefix("10.77.0.12/32"))
		})
		d, err := appDatabasesOf(s, s.Inv.Host("web3"))
		if err == nil && strings.HasPrefix(d.writes[0].at.String(), "10.77.0.11:") {
			t.Errorf("%s: web3 writes to the host that says it is the primary", engine)
		}
		var replica []string
		for _, h := range s.Inv.Group(inventory.DB)[1:] {
			if _, err := (DatabaseReplica{}).Resources(s, h); err == nil {
				replica = append(replica, h.Name)
			}
		}
		if len(replica) > 0 && slices.Contains(replica, "web2") {
			t.Errorf("%s: the primary is to follow another", engine)
		}
	}
}
