package facts

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestDrained: what a balancer is told to keep out it says again, and nothing else.
func TestDrained(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	list := []Drained{{"web1", at, "anna@desk"}, {"web2", at, "Anna B. on a\x1b[1m desk"}}
	got := ReadDrained(strings.Split(string(WriteDrained(list))+"web3\nweb4 yesterday anna\n\n", "\n"))
	list[1].By = "Anna B. on a[1m desk"
	if !reflect.DeepEqual(got[:1], list[:1]) || len(got) != 2 || strings.ContainsRune(got[1].By, '\x1b') {
		t.Errorf("read %+v", got)
	}
	if d := DrainedHost(got, "web1"); d == nil || d.String() != "drained by anna@desk at 2026-03-04 05:06:07 UTC" {
		t.Errorf("%v", d)
	}
	if DrainedHost(got, "web3") != nil {
		t.Error("a line without a time names a server")
	}
}
