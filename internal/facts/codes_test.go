package facts

import (
	"testing"

	"foobar/internal/ask/asktest"
	"foobar/internal/fault/faulttest"
)

func TestCodes(t *testing.T) {
	whole := []string{"tok begin facts", "os debian", "tok done"}
	if _, err := Read(asktest.Answer(whole...)); err != nil {
		t.Fatal(err)
	}
	_, err := Read(asktest.Answer(whole[:2]...))
	faulttest.Wants(t, err, "RUN11")
	_, err = Read(asktest.Answer("tok begin facts", "tok done"))
	faulttest.Wants(t, err, "HOST01")
	_, err = Read(asktest.Answer("tok begin ledger", `{"version": 1, "owned": [`, "tok done"))
	faulttest.Wants(t, err, "RUN10")
}
