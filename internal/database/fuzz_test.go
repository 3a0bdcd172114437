package database_test

import (
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/dialects"
)

// FuzzPositions: a position that is taken covers itself and has no errants
// against itself, in both engines' words.
func FuzzPositions(f *testing.F) {
	for _, s := range []string{"", "0-1-7,0-2-9", "1-1-18446744073709551615", "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5:11-18", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9223372036854775807", "0-1-", ":", "a:b"} {
		f.Add(s, "0-1-7")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, engine := range dialects.All() {
			yes, err := engine.Covers(a, a)
			if err == nil && !yes {
				t.Fatalf("%T: %q does not cover itself", engine, a)
			}
			if lost, err := engine.Errant(a, a, a); err == nil && len(lost) > 0 {
				t.Fatalf("%T: %q has errants against itself: %q", engine, a, lost)
			}
			_, _ = engine.Covers(a, b)
			_, _ = engine.Errant(a, b, "")
			known, err := engine.Known(a, b)
			if err == nil {
				for _, part := range []string{a, b} {
					if yes, err := engine.Covers(known, part); err == nil && !yes {
						t.Fatalf("%T: all of %q and %q is %q, which lacks %q", engine, a, b, known, part)
					}
				}
			}
			engine.Own(a, "1")
			engine.Foreign(database.State{})
		}
	})
}

// FuzzSurvey: no answer of a database server panics, and one without its end is
// none.
func FuzzSurvey(f *testing.F) {
	f.Add("t\tk\tv\nvar\tversion\t11.8.9-MariaDB\nt\tk\tv\nvar\tread_only\t1\nConnection_name\tMaster_Host\tMaster_Port\tSlave_IO_Running\n\t10.0.0.11\t3306\tYes\nend\tend\n")
	f.Add("end\tend")
	f.Fuzz(func(t *testing.T, text string) {
		for _, engine := range dialects.All() {
			if _, err := engine.Read(answered(text)); err == nil && !strings.Contains(text, "end") {
				t.Fatalf("%T: taken: %q", engine, text)
			}
		}
		_, _ = database.ReadCompared([]byte(text))
	})
}
