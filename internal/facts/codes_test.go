package facts

import (
	"encoding/base64"
	"testing"

	"foobar/internal/fault/faulttest"
)

func TestCodes(t *testing.T) {
	whole := []string{"t begin 0", "os debian", "clock 1700000000", "t done"}
	if _, err := Parse("t", whole); err != nil {
		t.Fatal(err)
	}
	_, err := Parse("t", whole[:3])
	faulttest.Wants(t, err, "RUN11")
	_, err = Parse("t", []string{"t begin 0", "t done"})
	faulttest.Wants(t, err, "HOST01")
	ledger := "owned " + base64.StdEncoding.EncodeToString([]byte(`{"version": 1, "owned": [`))
	_, err = Parse("t", []string{"t begin 0", ledger, "t done"})
	faulttest.Wants(t, err, "RUN10")
}
