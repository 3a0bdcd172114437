package preflight

import (
	"strings"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
)

// FuzzRead: whatever a host says, it can be judged and shown.
func FuzzRead(f *testing.F) {
	inv := site()
	for _, state := range []string{"bare", "deployed"} {
		f.Add(strings.ReplaceAll(strings.Join(heard(f, state, "web1").Lines, "\n"), recorded, "tok"))
	}
	good := looks(f, inv, "bare", nil)
	f.Fuzz(func(t *testing.T, text string) {
		now := time.Unix(1_700_000_000, 0)
		a, err := Read(Heard{Token: "tok", Lines: strings.Split(text, "\n"), Asked: now, Clock: now})
		list := append([]Look{}, good...)
		if list[1].Answer = a; err != nil {
			asktest.Shown(t, err.Error())
			list[1] = Look{Host: inv.Hosts[1], Refused: &Refusal{ID: Shell, Msg: err.Error()}}
		}
		r := Judge(inv, here(), list, taken)
		asktest.Shown(t, plain(t, r))
		asktest.Document(t, r)
	})
}
