package database

import "testing"

// TestPassing: a replica is only said to go on after a deploy where nothing else is wrong with it.
func TestPassing(t *testing.T) {
	for errnos, want := range map[[2]int]bool{ // when applying, when reading
		{1114, 0}: true, {0, 1595}: true, {1114, 13122}: true, {1205, 2003}: true,
		{0, 0}: false, {1062, 0}: false, {1062, 1595}: false, {1114, 1593}: false, {0, 2003}: false,
	} {
		if got := passing(Connection{ApplyErrno: errnos[0], ReadErrno: errnos[1]}); got != want {
			t.Errorf("%v: %v", errnos, got)
		}
	}
}
