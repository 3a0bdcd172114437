package preflight

import (
	"strings"
	"testing"

	"foobar/internal/ask/asktest"
	"foobar/playbooks"
)

// FuzzRead: whatever a host says, it can be judged and shown.
func FuzzRead(f *testing.F) {
	inv := site()
	for _, state := range []string{"bare", "deployed"} {
		f.Add(strings.Join(heard(f, state, "web1"), "\n"))
	}
	good := looks(f, inv, "bare", nil)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := Read(asktest.Answer(strings.Split(text, "\n")...))
		list := append([]Look{}, good...)
		if list[1].Answer = a; err != nil {
			asktest.Shown(t, err.Error())
			list[1] = Look{Host: inv.Hosts[1], Refused: &Refusal{ID: Shell, Msg: err.Error()}}
		}
		r := Judge(inv, playbooks.Services(inv), here(), list, taken)
		asktest.Shown(t, plain(t, r))
		asktest.Document(t, r)
	})
}
