package resource

import (
	"strings"
	"testing"
)

func TestMariaPositions(t *testing.T) {
	m := MariaDB{}
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

const (
	uuidA = "1629845e-e86c-11f1-b939-e67d1b364bb2"
	uuidB = "6a115fb6-e86c-11f1-b3d3-b2d7fa7ca20b"
)

func TestMySQLPositions(t *testing.T) {
	m := MySQL{}
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
	if m.Foreign(DatabaseState{Written: uuidA + ":1-3", ServerID: uuidA}) || !m.Foreign(DatabaseState{Written: uuidA + ":1-3", ServerID: uuidB}) || m.Foreign(DatabaseState{ServerID: uuidB}) {
		t.Error("foreign")
	}
}
