package roles

import (
	"testing"

	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
)

// TestPrimaryCodes: each doubt about the primary is a failure of its own.
func TestPrimaryCodes(t *testing.T) {
	type db = facts.Database
	open := db{Running: true, Data: true, Schemas: 1}
	closed := db{Running: true, ReadOnly: true, Data: true, Schemas: 1}
	from := func(source string) db { d := closed; d.Source = source; return d }
	for _, c := range []struct {
		code fault.Code
		seen []db
	}{
		{"DB06", []db{open, open, from("10.77.0.11")}},
		{"DB06", []db{open, from("10.77.0.13"), closed}},
		{"DB07", []db{closed, closed, closed}},
		{"DB07", []db{{}, {}, closed}},
		{"DB08", []db{closed, from("192.0.2.9"), from("192.0.2.9")}},
		{"DB08", []db{from("10.77.0.12"), from("10.77.0.11"), {}}},
		{"DB27", []db{{Running: true, Elsewhere: "/srv/mysql/"}, {}, {}}},
		{"DB27", []db{{}, {Elsewhere: "/srv/mysql"}, {}}},
		{"DB23", []db{open, from("10.77.0.11"), {Engine: "mysql", Data: true, Schemas: 1, Refuses: "1045 (28000): Access denied"}}},
	} {
		s := databaseSite(t)
		for i, d := range c.seen {
			s.Facts[s.Inv.Hosts[i].Name] = facts.Facts{Database: d}
		}
		_, err := Primary(s)
		faulttest.Wants(t, err, c.code)
	}
}

// TestDataIsNotLeftBehind: where the role db goes from the only host with data to an empty one,
// nothing is begun anew; it may go once another host has the data, or where it is another site's.
func TestDataIsNotLeftBehind(t *testing.T) {
	full := facts.Database{Running: true, Data: true, Schemas: 1}
	for _, c := range []struct {
		owned  string
		second facts.Database
		code   fault.Code
	}{
		{"file:/etc/mysql/mariadb.conf.d/90-foobar.cnf", facts.Database{}, "DB08"},
		{"file:/etc/mysql/mariadb.conf.d/90-foobar.cnf", full, ""},
		{"file:/etc/other", facts.Database{}, ""},
	} {
		s := databaseSite(t, hostText("web1", "10.77.0.11", "web", "app"), hostText("web2", "10.77.0.12", "web", "app", "db"))
		s.Facts["web1"] = facts.Facts{Owned: []string{c.owned}, Database: full}
		s.Facts["web2"] = facts.Facts{Database: c.second}
		h, err := Primary(s)
		if c.code != "" {
			faulttest.Wants(t, err, c.code)
		} else if err != nil || h.Name != "web2" {
			t.Errorf("%+v: %v, %v", c, h, err)
		}
	}
}
