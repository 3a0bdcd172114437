package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/remote"
	"foobar/inventory"
)

// dialer reaches hosts and asks a person what only a person can answer. Without
// a terminal it asks nothing.
type dialer struct {
	flags *runFlags
	ask   *prompter // nil without a terminal
}

// target makes the connection of package remote one that the engine can use.
type target struct{ *remote.Host }

// Cost is how many connections were opened and scripts run.
func (t target) Cost() (connections, scripts int) {
	s := t.Stats()
	return s.Connections, s.Scripts
}

// Lock takes the host's lock.
func (t target) Lock(ctx context.Context, wait time.Duration, owner string) error {
	_, err := t.Host.Lock(ctx, wait, owner)
	return hostError(err)
}

// Run translates a lost connection.
func (t target) Run(ctx context.Context, script string, line func(string)) (int, error) {
	status, err := t.Host.Run(ctx, script, line)
	return status, hostError(err)
}

// Upload translates a lost connection.
func (t target) Upload(ctx context.Context, path string, mode uint32, size int64, r io.Reader) error {
	return hostError(t.Host.Upload(ctx, path, mode, size, r))
}

func (d *dialer) dial(ctx context.Context, h *inventory.Host) (engine.Target, error) {
	o := remote.Options{
		Name: h.Name, Address: h.Address, Port: h.SSH.Port, User: h.SSH.User,
		Identities: h.SSH.Identity, KnownHosts: h.SSH.KnownHosts, HostKey: h.HostKey,
		ProxyCommand: h.SSH.ProxyCommand, ProxyJump: h.SSH.Jump,
		Become: h.SSH.Become, ConnectTimeout: h.SSH.ConnectTimeout,
	}
	for _, a := range h.Private {
		if a.String() != h.Address {
			o.Also = append(o.Also, a.String())
		}
	}
	switch h.SSH.Config {
	case "":
	case "none":
		o.NoConfig = true
	default:
		o.ConfigFile = h.SSH.Config
	}
	if d.flags.identity != "" {
		o.Identities = []string{d.flags.identity}
	}
	if d.flags.jump != "" {
		o.ProxyJump = d.flags.jump
	}
	if d.flags.timeout > 0 {
		o.ConnectTimeout = d.flags.timeout
	}
	if d.ask != nil {
		o.Passphrase = d.ask.passphrase
		o.UnknownKey = d.ask.hostKey
	}
	if d.flags.askBecome {
		o.SudoPassword = d.flags.becomePassword
	}
	host, err := remote.Dial(ctx, o)
	if err != nil {
		return nil, hostError(err)
	}
	return target{host}, nil
}

// hostError gives an error of package remote the outcome it means for the run.
func hostError(err error) error {
	var re *remote.Error
	if !errors.As(err, &re) {
		return err
	}
	he := &engine.HostError{Outcome: event.Unreachable, Msg: re.Msg, Hint: re.Hint, Err: err}
	switch {
	case errors.Is(err, remote.ErrLocked):
		he.Outcome = event.Locked
	case errors.Is(err, remote.ErrOutput):
		he.Outcome = event.Failed
	}
	return he
}

// asker puts one question to a person: the rollout view, or plain lines.
type asker interface {
	Ask(question string, secret bool) (string, error)
}

// prompter asks one question at a time and remembers secrets.
type prompter struct {
	asker asker
	mu    sync.Mutex
	known map[string]string
}

func (p *prompter) passphrase(file string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if answer, ok := p.known[file]; ok {
		return answer, nil
	}
	answer, err := p.asker.Ask("Passphrase of "+file, true)
	if err != nil {
		return "", err
	}
	if raw, err := os.ReadFile(file); err != nil || !opens(raw, answer) {
		return answer, nil // wrong: not to be remembered, so that it is asked again
	}
	if p.known == nil {
		p.known = map[string]string{}
	}
	p.known[file] = answer
	return answer, nil
}

// sudo asks once for the password that all hosts take.
func (p *prompter) sudo() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const name = "sudo password"
	if answer, ok := p.known[name]; ok {
		return answer, nil
	}
	answer, err := p.asker.Ask(name, true)
	if err != nil {
		return "", err
	}
	if p.known == nil {
		p.known = map[string]string{}
	}
	p.known[name] = answer
	return answer, nil
}

func opens(key []byte, passphrase string) bool {
	_, err := ssh.ParseRawPrivateKeyWithPassphrase(key, []byte(passphrase))
	return err == nil
}

func (p *prompter) hostKey(host string, key ssh.PublicKey) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer, err := p.asker.Ask(fmt.Sprintf("The host key of %s is not known yet: %s %s. Trust and remember it (yes/no)",
		host, key.Type(), ssh.FingerprintSHA256(key)), false)
	return answer == "yes" || answer == "y", err
}

// lineAsker asks on the terminal, line by line.
type lineAsker struct{}

// Ask writes the question to standard error and reads one line. Ctrl-C is an
// answer, too: the reading itself would not notice it.
func (lineAsker) Ask(question string, secret bool) (string, error) {
	fmt.Fprint(ask.Safe(os.Stderr), question+": ")
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupted)
	in := os.Stdin
	fd := int(in.Fd())
	before, _ := term.GetState(fd) // nil without a terminal
	type result struct {
		line string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		line, err := readLine(in, secret)
		got <- result{line, err}
	}()
	select {
	case r := <-got:
		return r.line, r.err
	case <-interrupted:
		if before != nil {
			_ = term.Restore(fd, before) // a password is typed without echo
		}
		fmt.Fprintln(os.Stderr)
		return "", &exitError{engine.ExitInterrupted, errors.New("interrupted before the question was answered")}
	}
}

func readLine(in *os.File, secret bool) (string, error) {
	if secret {
		answer, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(os.Stderr)
		if err != nil {
			return "", fmt.Errorf("read from the terminal: %w", err)
		}
		return string(answer), nil
	}
	var answer string
	if _, err := fmt.Fscanln(in, &answer); err != nil {
		return "", nil // an empty line is an answer, too: no
	}
	return answer, nil
}
