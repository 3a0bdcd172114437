package status

import (
	"strings"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
	"foobar/playbooks"
)

// FuzzRead: whatever a host says, what becomes of it can be shown, to people and
// to programs, and is not much longer than what was said.
func FuzzRead(f *testing.F) {
	inv := site()
	services := playbooks.Services(inv)
	for i, h := range inv.Hosts[:2] {
		answer := heard(f, h.Name)
		f.Add(strings.Join(answer, "\n"), i)
	}
	f.Add("tok begin release\nsince @1099511627775\ntok begin units\nId=app.service\nStateChangeTimestamp=@999999999999\ntok begin history\n"+
		`{"v":1,"id":"\u001b[2J","at":"9999-12-31T23:59:59-23:59"}`+"\ntok done", 1)
	f.Fuzz(func(t *testing.T, text string, n int) {
		h := inv.Hosts[uint(n)%uint(len(inv.Hosts))]
		lines := strings.Split(text, "\n")
		now := time.Unix(1_700_000_000, 0)
		s := Status{Domain: "x", Inventory: "i", Taken: now.UTC(), Hosts: []Host{Read(inv, services, h, asktest.Answer(lines...))}}
		Judge(inv, &s)
		asktest.Shown(t, plain(t, s))
		if doc := asktest.Document(t, s); len(doc) > 100_000+20*len(text) {
			t.Fatalf("%d bytes became %d", len(text), len(doc))
		}
	})
}
