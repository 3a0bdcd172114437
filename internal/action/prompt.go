package action

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/remote"
)

// prompter asks a person what the hosts that are dialed side by side need: one
// question at a time, and one for all hosts that need the same.
type prompter struct {
	asker  Asker
	mu     sync.Mutex // one question at a time
	known  map[string]answered
	gone   error // the person wants no more questions
	rounds rounds
}

// answered is what came of a question that is put once.
type answered struct {
	word string
	err  error
}

// ask puts a question; mu is held. After one that was broken off there are no more.
func (p *prompter) ask(question string, secret bool) (string, error) {
	if p.gone != nil {
		return "", p.gone
	}
	var word string
	word, p.gone = p.asker.Ask(question, secret)
	return word, p.gone
}

// once gives the answer that a question has got already, or gets one.
func (p *prompter) once(question string, get func() (string, error)) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a, ok := p.known[question]; ok {
		return a.word, a.err
	}
	word, err := get()
	if p.gone == nil {
		if p.known == nil {
			p.known = map[string]answered{}
		}
		p.known[question] = answered{word, err}
	}
	return word, err
}

// passphrase asks for that of a key file, three times at most. An empty answer is
// none, and the next key is tried, as ssh does.
func (p *prompter) passphrase(file string) (string, error) {
	question := "Passphrase of " + file
	return p.once(question, func() (string, error) {
		text := question
		for range 3 {
			word, err := p.ask(text, true)
			switch {
			case err != nil:
				return "", err
			case word == "":
				return "", remote.ErrNoPassphrase
			case opens(file, word):
				return word, nil
			}
			text = "The passphrase is wrong. " + question
		}
		return "", remote.ErrNoPassphrase
	})
}

func opens(file, word string) bool {
	key, err := os.ReadFile(file)
	if err == nil {
		_, err = ssh.ParseRawPrivateKeyWithPassphrase(key, []byte(word))
	}
	return err == nil
}

// sudo asks for the password that all hosts take.
func (p *prompter) sudo() (string, error) {
	return p.once("sudo password", func() (string, error) {
		word, err := p.ask("sudo password", true)
		if err == nil && word == "" {
			err = errors.New("none was given")
		}
		return word, err
	})
}

// addKey asks whether the agent is to keep a key that was opened.
func (p *prompter) addKey(file string) (bool, error) {
	answer, err := p.once("Add "+file+" to the agent", func() (string, error) {
		return p.ask("Add "+file+" to the agent (yes/no)", false)
	})
	return err == nil && agrees(answer), err
}

// questions passes on what a host asks. What it says stands behind its name, so that
// no host can speak for another or for foobar.
func (p *prompter) questions(host, about string, list []remote.Question) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answers := make([]string, len(list))
	for i, q := range list {
		text := host + " asks: "
		if i == 0 && about != "" {
			text += strings.TrimRight(about, ".: ") + ". "
		}
		var err error
		if answers[i], err = p.ask(text+cmp.Or(strings.TrimRight(q.Text, ": "), "(nothing)"), !q.Echo); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// hostKey asks about a key that nothing vouches for, together with those that the
// other hosts show at the same time.
func (p *prompter) hostKey(host string, key ssh.PublicKey) (bool, error) {
	u := &unknownKey{host: host, key: key, answer: make(chan error, 1)}
	p.rounds.wait(u, p.decide)
	err := <-u.answer
	if errors.Is(err, errDistrusted) {
		return false, nil
	}
	return err == nil, err
}

var errDistrusted = errors.New("not trusted")

// decide asks about some keys at once.
func (p *prompter) decide(list []*unknownKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer, err := p.ask(aboutKeys(list)+" (yes/no)", false)
	if err == nil && !agrees(answer) {
		err = errDistrusted
	}
	for _, u := range list {
		u.answer <- err
	}
}

// aboutKeys is the question. A key that several hosts show, as that of a jump host,
// stands there once.
func aboutKeys(list []*unknownKey) string {
	var names []string
	keys := map[string][]string{}
	for _, u := range list {
		what := u.key.Type() + " " + ssh.FingerprintSHA256(u.key)
		if !slices.Contains(keys[what], u.host) {
			keys[what] = append(keys[what], u.host)
		}
	}
	for what, hosts := range keys {
		slices.Sort(hosts)
		names = append(names, strings.Join(hosts, ", ")+": "+what)
	}
	slices.Sort(names)
	if len(names) == 1 {
		host, what, _ := strings.Cut(names[0], ": ")
		return fmt.Sprintf("The host key of %s is not known yet: %s. Trust and remember it", host, what)
	}
	return fmt.Sprintf("%d host keys are not known yet:\n  %s\nTrust and remember them all", len(names), strings.Join(names, "\n  "))
}

// unknownKey is a host that waits until a person has decided about its key.
type unknownKey struct {
	host   string
	key    ssh.PublicKey
	answer chan error
}

const (
	// leastGather is how long a host with an unknown key waits for others to be dialed
	// at all, mostGather for those that are.
	leastGather = 300 * time.Millisecond
	mostGather  = 3 * time.Second
	// mostAtOnce is how many keys fit into a question that is seen as a whole.
	mostAtOnce = 12
)

// rounds gathers the hosts whose keys are not known, until all that are being dialed
// wait for an answer or have come to an end.
type rounds struct {
	mu      sync.Mutex
	dialing int // those that wait for no answer
	waiting []*unknownKey
	decide  func([]*unknownKey)
	since   time.Time // when the first of them came
}

// dialing notes that a host is being dialed, until what it returns is called.
func (p *prompter) dialing() (done func()) {
	r := &p.rounds
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dialing++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.dialing--
		r.ask()
	}
}

// wait puts a host into the next round.
func (r *rounds) wait(u *unknownKey, decide func([]*unknownKey)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting, r.decide = append(r.waiting, u), decide
	r.dialing--
	if len(r.waiting) == 1 {
		r.since = time.Now()
		for _, d := range []time.Duration{leastGather, mostGather} {
			time.AfterFunc(d, func() {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.ask()
			})
		}
	}
	r.ask()
}

// ask begins a round when nobody else is expected, or waited for any longer; mu is held.
func (r *rounds) ask() {
	waited := time.Since(r.since)
	expected := r.dialing > 0 && waited < mostGather || waited < leastGather
	if len(r.waiting) == 0 || expected && len(r.waiting) < mostAtOnce {
		return
	}
	list := r.waiting
	r.waiting = nil
	r.dialing += len(list) // they go on when they have their answer
	go r.decide(list)
}
