// Package faulttest helps tests to say which failure they provoke.
package faulttest

import (
	"testing"

	"foobar/internal/fault"
)

// Wants checks that an error carries a code that the catalogue has, and that no
// other one is found in it.
func Wants(t testing.TB, err error, code fault.Code) {
	t.Helper()
	if _, ok := fault.Lookup(code); !ok {
		t.Errorf("the catalogue has no %s", code)
	}
	if err == nil {
		t.Errorf("no error, and not %s", code)
		return
	}
	if all := fault.All(err); len(all) != 1 || all[0] != code {
		t.Errorf("codes %v, not %s: %v", all, code, err)
	}
}
