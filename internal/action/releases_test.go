package action

import (
	"strings"
	"testing"
	"time"

	"foobar/internal/fault"
	"foobar/internal/record"
	"foobar/roles"
)

const (
	oldest = "0a0000000000"
	older  = "0b0000000000"
	newer  = "b00000000000"
	newest = "c00000000000"
)

// hour is a time of that day.
func hour(h int) time.Time { return time.Date(2026, 1, 2, h, 0, 0, 0, time.UTC) }

// host keeps all four, built one after the other, and runs one of them.
func host(current string, log ...roles.ReleaseNote) roles.HostReleases {
	h := roles.HostReleases{Current: current, Running: current, Log: log}
	for i, id := range []string{oldest, older, newer, newest} {
		h.Kept = append(h.Kept, roles.KeptRelease{ID: id, Built: hour(i + 1), Size: 2e6})
	}
	return h
}

func note(h int, word, id string) roles.ReleaseNote {
	return roles.ReleaseNote{At: hour(h), Word: word, ID: id, Who: "eve@there"}
}

// TestWhereARollbackGoes: to what ran before, that did not fail and that all hosts keep.
func TestWhereARollbackGoes(t *testing.T) {
	forward := []roles.ReleaseNote{note(1, "switched", oldest), note(2, "switched", older), note(3, "switched", newer), note(4, "switched", newest)}
	lacks := host(newest)
	lacks.Kept = append(lacks.Kept[:2:2], lacks.Kept[3])
	for name, c := range map[string]struct {
		hosts map[string]roles.HostReleases
		word  string
		want  string
	}{
		"of hosts without a log":       {map[string]roles.HostReleases{"a": host(newest), "b": host(newest)}, "", newer},
		"the one before":               {map[string]roles.HostReleases{"a": host(newest, forward...)}, "", newer},
		"once more":                    {map[string]roles.HostReleases{"a": host(newer, append(forward, note(5, "back", newer))...)}, "", older},
		"not to one that failed":       {map[string]roles.HostReleases{"a": host(newest, append(forward, note(3, "failed", newer))...)}, "", older},
		"after one that failed":        {map[string]roles.HostReleases{"a": host(newer, append(forward, note(5, "failed", newest))...)}, "", older},
		"what ran again":               {map[string]roles.HostReleases{"a": host(older, append(forward, note(5, "switched", older))...)}, "", newest},
		"a run that was cut off":       {map[string]roles.HostReleases{"a": host(newest), "b": host(newer)}, "", newer},
		"a host lacks it":              {map[string]roles.HostReleases{"a": host(newest), "b": lacks}, "", older},
		"none is older":                {map[string]roles.HostReleases{"a": host(oldest)}, "", "REL03"},
		"nothing of foobar's runs":     {map[string]roles.HostReleases{"a": host("")}, "", "REL03"},
		"by its beginning":             {map[string]roles.HostReleases{"a": host(oldest)}, "B", newer},
		"the beginning of two":         {map[string]roles.HostReleases{"a": host(oldest)}, "0", "REL02"},
		"no such release":              {map[string]roles.HostReleases{"a": host(oldest)}, "d", "REL02"},
		"by name, and a host lacks it": {map[string]roles.HostReleases{"a": host(newest), "b": lacks}, "b", "REL02"},
	} {
		got, err := siteReleases{hosts: c.hosts, source: "d00000000000"}.choose(c.word, "site.toml")
		if err != nil {
			got = string(fault.Of(err))
		}
		if got != c.want {
			t.Errorf("%s: to %s, not %s (%v)", name, got, c.want, err)
		}
	}
}

// TestReleasesTable: when each came, with whose run, and what it is.
func TestReleasesTable(t *testing.T) {
	found := siteReleases{source: "d00000000000", hosts: map[string]roles.HostReleases{
		"web1": host(newer, note(4, "switched", newest), note(5, "failed", newest), note(6, "back", newer)), "web2": host(newer)}}
	found.runs = []record.HostRun{{At: hour(1).Add(-time.Minute), Ended: hour(1).Add(time.Minute), By: "adam@here"}, {At: hour(3).Add(-time.Minute), By: "eve@there"}}
	var b strings.Builder
	if err := releasesTable(&b, found.list(), 2, hour(9)); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(b.String(), "\n")
	for i, want := range []string{"RELEASE", "d00000000000  -", newest, newer, older, oldest} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("line %d is %q, not %s", i, got[i], want)
		}
	}
	for i, want := range map[int][]string{1: {"app.source"}, 2: {"failed 2026-01-02", "all"}, 3: {"eve@there", "2.0 MB", "current, rolled back to by eve@there"}, 4: {"previous"}, 5: {"adam@here", " -"}} {
		for _, part := range want {
			if !strings.Contains(got[i], part) {
				t.Errorf("no %q in %q", part, got[i])
			}
		}
	}
}
