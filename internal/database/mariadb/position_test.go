package mariadb

import (
	"strings"
	"testing"
)

func TestPositions(t *testing.T) {
	m := Dialect{}
	for _, tc := range []struct{ log, primary, applied, want string }{
		{"", "", "", ""},
		{"0-1-7", "0-1-7,0-2-9", "", ""},
		{"0-1-7", "0-1-9", "", ""},
		{"0-1-9", "0-1-7", "", "0-1-8 to 0-1-9"},
		{"0-1-8", "0-1-7", "", "0-1-8"},
		{"0-1-7,0-3-2", "0-1-7", "", "up to 0-3-2"},
		{"1-1-1", "0-1-7", "", "up to 1-1-1"},
		{"0-1-7", "0-2-9", "0-1-7", ""},
	} {
		got, err := m.Errant(tc.log, tc.primary, tc.applied)
		if err != nil || strings.Join(got, "; ") != tc.want {
			t.Errorf("%s beside %s: got %q, %v, want %q", tc.log, tc.primary, got, err, tc.want)
		}
	}
	for _, bad := range []string{"0-1", "0-1-x", "x"} {
		if _, err := m.Errant(bad, "", ""); err == nil {
			t.Errorf("%q was taken", bad)
		}
		if _, err := m.Covers("", bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if yes, _ := m.Covers("0-1-7,1-1-1", "0-2-7"); !yes {
		t.Error("a domain is covered by its last transaction, whoever wrote it")
	}
	if yes, _ := m.Covers("0-1-7", "0-1-7,1-1-1"); yes {
		t.Error("a domain that is not there is covered")
	}
	if known, _ := m.Known("0-1-7,1-1-1", "0-1-9"); known != "1-1-1,0-1-9" {
		t.Errorf("known: %s", known)
	}
}

// TestPositionIsNumbers: a position goes into statements of other servers.
func TestPositionIsNumbers(t *testing.T) {
	for _, text := range []string{"0-x-1", "0'-1-1", "-1-1-1", "0-1-1-1", "0-4294967296-1", "0--1", "0-1;-1"} {
		if p, err := parsePosition(text); err == nil {
			t.Errorf("%q is read as %v", text, p)
		}
	}
}
