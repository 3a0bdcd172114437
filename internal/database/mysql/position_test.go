package mysql

import (
	"strings"
	"testing"

	"foobar/internal/database"
)

const (
	uuidA = "1629845e-e86c-11f1-b939-e67d1b364bb2"
	uuidB = "6a115fb6-e86c-11f1-b3d3-b2d7fa7ca20b"
)

func TestPositions(t *testing.T) {
	m := Dialect{}
	for _, tc := range []struct{ log, theirs, want string }{
		{"", "", ""},
		{uuidA + ":1-7", uuidA + ":1-9", ""},
		{uuidA + ":1-9", uuidA + ":1-7", uuidA + ":8-9"},
		{uuidA + ":1-5:7-9", uuidA + ":1-5:8", uuidA + ":7:9"},
		{uuidA + ":1-5,\n" + uuidB + ":1-3", uuidA + ":1-5", uuidB + ":1-3"},
		{strings.ToUpper(uuidA) + ":3", uuidA + ":1-5", ""},
		{uuidA + ":1-5:backup:1-2", uuidA + ":1-9", uuidA + ":backup:1-2"}, // tagged, as since 8.4
		{uuidA + ":backup:1-2:4", uuidA + ":backup:1-5", ""},
	} {
		got, err := m.Errant(tc.log, tc.theirs, "")
		if err != nil || strings.Join(got, "; ") != tc.want {
			t.Errorf("%s beside %s: got %q, %v, want %q", tc.log, tc.theirs, got, err, tc.want)
		}
	}
	for _, bad := range []string{"x", uuidA, uuidA + ":", uuidA + ":5-3", uuidA + ":a-b", uuidA + ":0", "0-1-7"} {
		if _, err := m.Covers(bad, ""); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if yes, _ := m.Covers(uuidA+":1-3:4-9", uuidA+":1-9"); !yes {
		t.Error("neighbouring intervals do not join")
	}
	if known, _ := m.Known(uuidA+":1-3", uuidA+":4-9,"+uuidB+":1"); known != uuidA+":1-9,"+uuidB+":1" {
		t.Errorf("known: %s", known)
	}
	if own := m.Own(uuidA+":1-3,"+uuidB+":1-2", uuidB); strings.Join(own, " ") != uuidB+":1-2" {
		t.Errorf("own: %v", own)
	}
	if m.Foreign(database.State{Written: uuidA + ":1-3", ServerID: uuidA}) || !m.Foreign(database.State{Written: uuidA + ":1-3", ServerID: uuidB}) || m.Foreign(database.State{ServerID: uuidB}) {
		t.Error("foreign")
	}
}
