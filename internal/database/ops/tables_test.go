package ops

import (
	"context"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/inventory"
)

// TestTablesOfThePrimary: it alone is asked for them, once, and only where that is
// wanted; a server that breaks off behind its survey counts as up.
func TestTablesOfThePrimary(t *testing.T) {
	for _, status := range []int{0, 1} {
		f, s := newFleet(t)
		s.Dial = tabled(s.Dial, status)
		s.Tables = true
		top := s.Look(context.Background(), false)
		st := s.Status(top)
		if len(st.Findings) != 1 || !st.Healthy || !st.Findings[0].Notice || st.Findings[0].Code != "DB25" || !strings.Contains(st.Findings[0].Text, "app.cache (MEMORY)") {
			t.Errorf("exit %d: %+v", status, st.Findings)
		}
		var asked []string
		for _, text := range f.sent {
			if strings.Contains(text, "COLUMN_KEY") {
				asked = append(asked, text[:4])
			}
		}
		if strings.Join(asked, " ") != "web1" {
			t.Errorf("asked were %v", asked)
		}
	}
	f, s := newFleet(t)
	s.Look(context.Background(), false)
	if strings.Contains(strings.Join(f.sent, ""), "COLUMN_KEY") {
		t.Error("a look that nobody reads the tables of asks for them")
	}
	s.Dial = tabled(s.Dial, 1)
	n := s.Look(context.Background(), false).Node("web1")
	s.Dialect = mute{s.Dialect}
	if s.askMore(context.Background(), n, "SELECT 1;\n"); n.Up() {
		t.Error("a server that says nothing counts as up")
	}
}

// tabled has each target say a table behind its survey and end with that status.
func tabled(dial func(context.Context, *inventory.Host) (Target, error), status int) func(context.Context, *inventory.Host) (Target, error) {
	return func(ctx context.Context, h *inventory.Host) (Target, error) {
		target, err := dial(ctx, h)
		return tabledTarget{target, status}, err
	}
}

type tabledTarget struct {
	Target
	status int
}

func (t tabledTarget) Run(ctx context.Context, script string, line func(string)) (int, error) {
	status, err := t.Target.Run(ctx, script, line)
	if err == nil && strings.Contains(script, "COLUMN_KEY") {
		line("engine\tapp\tcache\t\tMEMORY")
		line("ERROR 1969 (70100) at line 30: Query execution was interrupted (max_statement_time exceeded)")
		return t.status, nil
	}
	return status, err
}

// mute is a dialect to whose session nobody answers.
type mute struct{ database.Dialect }

func (mute) Session([]string) string { return "SELECT 'nothing';\n" }
