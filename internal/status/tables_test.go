package status

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"foobar/internal/ask/asktest"
	"foobar/internal/database"
	"foobar/inventory"
	"foobar/playbooks"
)

// tabled answers as a recording does, with a table behind the database's session.
type tabled struct {
	fake
	asked  []bool // for tables, a look each
	closed bool
}

func (f *tabled) Run(_ context.Context, script string, line func(string)) (int, error) {
	asks := strings.Contains(script, "COLUMN_KEY")
	f.asked = append(f.asked, asks)
	answer := heard(f.t, f.host)
	if f.closed {
		answer, asks = heard(f.t, f.host, "var\tread_only\t0", "var\tread_only\t1"), false
	}
	for i, l := range answer {
		if asks && l == "end\tend" {
			answer = append(answer[:i+1:i+1], append([]string{"engine\tapp\tcache\t\tMEMORY"}, answer[i+1:]...)...)
			break
		}
	}
	asktest.Play(script, answer, line)
	return 0, nil
}

// TestTablesAreLookedAtOnce: a watched primary is not asked for its tables at each look,
// and what was found stays.
func TestTablesAreLookedAtOnce(t *testing.T) {
	web1 := &tabled{fake: fake{t: t, host: "web1"}}
	g := &Gatherer{Inv: site(), Services: playbooks.Services(site()), Limit: []string{"web1"}, Dial: func(context.Context, *inventory.Host) (Target, error) { return web1, nil }}
	for range 3 {
		s := g.Take(t.Context())
		if want := []database.Table{{Schema: "app", Name: "cache", Engine: "MEMORY"}}; fmt.Sprint(s.Hosts[0].Database.state.Tables.Other) != fmt.Sprint(want) {
			t.Errorf("%+v", s.Hosts[0].Database.state.Tables)
		}
	}
	if fmt.Sprint(web1.asked) != "[true false false]" {
		t.Errorf("asked was %v", web1.asked)
	}
	if got := verdict(t, func(s *Status) {
		server(s, 1).Tables.Other = []database.Table{{Schema: "app", Name: "cache", Engine: "MEMORY"}}
	}); got != "notice web1: tables that do not use InnoDB: app.cache (MEMORY)" {
		t.Error(got)
	}
}

// TestTablesOfANewPrimary: a watched replica that becomes the primary is asked for its
// tables then, and once.
func TestTablesOfANewPrimary(t *testing.T) {
	web1 := &tabled{fake: fake{t: t, host: "web1"}, closed: true}
	g := &Gatherer{Inv: site(), Services: playbooks.Services(site()), Limit: []string{"web1"}, Dial: func(context.Context, *inventory.Host) (Target, error) { return web1, nil }}
	for look := range 4 {
		web1.closed = look < 2
		s := g.Take(t.Context())
		if got := len(s.Hosts[0].Database.state.Tables.Other); got != map[bool]int{true: 0, false: 1}[web1.closed] {
			t.Errorf("look %d finds %d tables", look, got)
		}
	}
	if fmt.Sprint(web1.asked) != "[true true true false]" {
		t.Errorf("asked was %v", web1.asked)
	}
}
