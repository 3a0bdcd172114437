package main

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestPackageVersion(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for in, want := range map[string]string{
		"v1.2.3":                          "1.2.3",
		"1.2.3":                           "1.2.3",
		"v1.2.3-dirty":                    "1.2.3+0.dirty",
		"v1.2.3-rc1":                      "1.2.3~rc1",
		"v1.2.3-rc.1-2":                   "1.2.3~rc.1.2",
		"v1.2.3-5-g0123abc":               "1.2.3+5.g0123abc",
		"v1.2.3-5-g0123abc-dirty":         "1.2.3+5.g0123abc.dirty",
		"v1.2.3-rc1-5-g0123abc":           "1.2.3~rc1+5.g0123abc",
		"0123abc":                         "0.0.0~git20260102030405.0123abc",
		"deadbee-dirty":                   "0.0.0~git20260102030405.deadbee.dirty",
		"1234567":                         "0.0.0~git20260102030405.1234567", // a commit may look like a number
		"2026.1":                          "2026.1",
		"release-1":                       "",
		"v1.2 3":                          "",
		"v1.2.3; rm -rf /":                "",
		"":                                "",
		"../1.2.3":                        "",
		"v1.2.3\nDepends: something-else": "",
	} {
		got, err := packageVersion(in, at)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
}

// TestPackageVersionsAreInOrder: by the word of dpkg itself, where it is.
func TestPackageVersionsAreInOrder(t *testing.T) {
	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Skip("dpkg is not here")
	}
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	last := ""
	for _, step := range []struct {
		version string
		at      time.Time
	}{
		{"fffffff", day(1)}, {"fffffff-dirty", day(1)}, {"0000000", day(2)}, {"v0.0.0", day(2)},
		{"v1.0.0-rc1", day(3)}, {"v1.0.0-rc1-2-gabcdef0", day(3)}, {"v1.0.0-rc2", day(3)}, {"v1.0.0", day(4)},
		{"v1.0.0-dirty", day(4)}, {"v1.0.0-9-gfffffff", day(5)}, {"v1.0.0-10-g0000000", day(6)}, {"v1.0.1-rc1", day(6)}, {"v1.0.1", day(6)},
	} {
		now, err := packageVersion(step.version, step.at)
		if err != nil {
			t.Fatal(err)
		}
		if last != "" && exec.Command("dpkg", "--compare-versions", last, "lt", now).Run() != nil {
			t.Errorf("dpkg does not take %s for newer than %s", now, last)
		}
		last = now
	}
}

// TestSourceWithoutGit: an unpacked archive says itself what it is, or is refused.
func TestSourceWithoutGit(t *testing.T) {
	env := map[string]string{"VERSION": "v1.2.3", "SOURCE_DATE_EPOCH": "1700000000"}
	s, err := findSource(t.TempDir(), func(k string) string { return env[k] })
	if err != nil || s.Version != "v1.2.3" || s.Revision != "" || s.Time.Unix() != 1700000000 {
		t.Errorf("%+v, %v", s, err)
	}
	env["SOURCE_DATE_EPOCH"] = "yesterday"
	if _, err := findSource(t.TempDir(), func(k string) string { return env[k] }); err == nil || !strings.Contains(err.Error(), "SOURCE_DATE_EPOCH") {
		t.Errorf("a wrong time: %v", err)
	}
	delete(env, "VERSION")
	if _, err := findSource(t.TempDir(), func(k string) string { return env[k] }); err == nil || !strings.Contains(err.Error(), "VERSION=") {
		t.Errorf("no version: %v", err)
	}
}
