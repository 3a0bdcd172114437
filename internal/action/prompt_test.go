package action

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/ask"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"
)

// person answers questions by their first words, and keeps them.
type person struct {
	mu      sync.Mutex
	answers map[string]string
	asked   []string
}

func (p *person) Ask(question string, secret bool) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, question)
	for begins, answer := range p.answers {
		if strings.Contains(question, begins) {
			return answer, nil
		}
	}
	return "", errors.New("the person left")
}

// site is n servers and an inventory of them, whose keys nobody knows yet.
func site(t *testing.T, n int, conf func(i int) sshtest.Config) (*inventory.Inventory, []*sshtest.Server) {
	t.Helper()
	var servers []*sshtest.Server
	for i := range n {
		s := sshtest.Start(t, conf(i))
		s.KnownHosts = filepath.Join(t.TempDir(), "known_hosts")
		servers = append(servers, s)
	}
	inv, err := inventory.Load(sshtest.Site(t, servers...))
	if err != nil {
		t.Fatal(err)
	}
	return inv, servers
}

// dialAll dials all hosts side by side and returns what came of it.
func dialAll(t *testing.T, d *dialer, inv *inventory.Inventory) []error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	errs := make([]error, len(inv.Hosts))
	ask.Each(0, inv.Hosts, func(i int, h *inventory.Host) {
		target, err := d.dial(ctx, h)
		if errs[i] = err; err == nil {
			target.Close()
		}
	})
	return errs
}

// TestOneQuestionForAll: four hosts with unknown keys, one encrypted key and one sudo
// password are three questions.
func TestOneQuestionForAll(t *testing.T) {
	sshtest.NeedsRunDir(t)
	file, public := sshtest.WriteKey(t, "open sesame")
	inv, servers := site(t, 4, func(int) sshtest.Config {
		return sshtest.Config{OnlyKey: public, Sudo: sshtest.SudoAsks, Password: "pw"}
	})
	for _, h := range inv.Hosts {
		h.SSH.Identity = []string{file}
	}
	p := &person{answers: map[string]string{"host keys are not known": "yes", "Passphrase": "open sesame", "sudo password": "pw"}}
	d := &dialer{common: &Common{}, ask: &prompter{asker: p}}
	for i, err := range dialAll(t, d, inv) {
		if err != nil {
			t.Errorf("%s: %v", inv.Hosts[i].Name, err)
		}
	}
	if len(p.asked) != 3 || !strings.HasPrefix(p.asked[0], "4 host keys are not known yet:\n  lb1: ssh-ed25519 SHA256:") ||
		!strings.Contains(p.asked[0], "\n  web3: ssh-ed25519 "+ssh.FingerprintSHA256(servers[3].Key)+"\n") {
		t.Errorf("asked %d questions: %q", len(p.asked), p.asked)
	}
	p.asked = nil
	for _, err := range dialAll(t, &dialer{common: &Common{}, ask: d.ask}, inv) {
		if err != nil {
			t.Error(err)
		}
	}
	if len(p.asked) != 0 {
		t.Errorf("asked again: %q", p.asked)
	}
}

// TestAnswersThatAreNo: a key that is not trusted is not remembered, and a passphrase
// that nobody knows is asked for once.
func TestAnswersThatAreNo(t *testing.T) {
	sshtest.NeedsRunDir(t)
	file, public := sshtest.WriteKey(t, "open sesame")
	inv, servers := site(t, 3, func(int) sshtest.Config { return sshtest.Config{OnlyKey: public} })
	for _, h := range inv.Hosts {
		h.SSH.Identity = []string{file}
	}
	p := &person{answers: map[string]string{"not known": "no", "Passphrase": "wrong"}}
	d := &dialer{common: &Common{}, ask: &prompter{asker: p}}
	for _, err := range dialAll(t, d, inv) {
		if !errors.Is(err, remote.ErrHostKeyUnknown) {
			t.Errorf("not trusted: %v", err)
		}
	}
	if _, err := os.Stat(servers[0].KnownHosts); err == nil || len(p.asked) != 1 {
		t.Errorf("asked %q, and remembered a key: %v", p.asked, err)
	}
	p.answers["not known"], p.asked = "yes", nil
	for _, err := range dialAll(t, d, inv) {
		if !errors.Is(err, remote.ErrAuth) || !strings.Contains(fmt.Sprint(err), "no passphrase") {
			t.Errorf("not opened: %v", err)
		}
	}
	if len(p.asked) != 4 { // the keys, and the passphrase three times
		t.Errorf("asked %q", p.asked)
	}
	// Who has broken off one question is not asked the next.
	p.answers, p.asked = nil, nil
	d.ask = &prompter{asker: p}
	for _, err := range dialAll(t, d, inv) {
		if err == nil || len(p.asked) != 1 {
			t.Errorf("%v, asked %q", err, p.asked)
		}
	}
}

// TestQuestionsOfHosts: what a host asks stands behind its name.
func TestQuestionsOfHosts(t *testing.T) {
	p := &person{answers: map[string]string{"code": "123456", "Account": "alice"}}
	answers, err := (&prompter{asker: p}).questions("web1", "Two factors:", []remote.Question{{Text: "Verification code:"}, {Text: "Account", Echo: true}})
	if err != nil || strings.Join(answers, " ") != "123456 alice" || strings.Join(p.asked, "|") != "web1 asks: Two factors. Verification code|web1 asks: Account" {
		t.Errorf("%q, %v, asked %q", answers, err, p.asked)
	}
}

// TestAboutKeys: a key that several hosts show stands in the question once.
func TestAboutKeys(t *testing.T) {
	jump, own := sshtest.NewKey(t).PublicKey(), sshtest.NewKey(t).PublicKey()
	text := aboutKeys([]*unknownKey{{host: "web2 via jump", key: jump}, {host: "web1 via jump", key: jump}, {host: "lb1", key: own}})
	if want := "2 host keys are not known yet:\n  lb1: ssh-ed25519 " + ssh.FingerprintSHA256(own) + "\n  web1 via jump, web2 via jump: ssh-ed25519 "; !strings.HasPrefix(text, want) {
		t.Errorf("%q", text)
	}
	if text := aboutKeys([]*unknownKey{{host: "lb1", key: own}}); !strings.HasPrefix(text, "The host key of lb1 is not known yet: ssh-ed25519 SHA256:") {
		t.Errorf("%q", text)
	}
}
