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
