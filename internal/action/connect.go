package action

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/remote"
	"foobar/inventory"
)

// dialer reaches hosts and asks a person what only a person can answer.
type dialer struct {
	common *Common
	ask    *prompter // nil: nobody is asked
	files  remote.Cache
	warned warnings
}

// warnings are about what is passed over on the way to hosts.
type warnings struct {
	mu   sync.Mutex
	held bool // a view has the screen: they are told when it is gone
	list []string
}

func (w *warnings) say(out io.Writer, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held {
		w.list = append(w.list, text)
		return
	}
	fmt.Fprintln(ask.Safe(out), "warning: "+text)
}

// tell gives out what was held.
func (w *warnings) tell(out io.Writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.list {
		fmt.Fprintln(ask.Safe(out), "warning: "+text)
	}
	w.held, w.list = false, nil
}

// dialer is one that asks at the terminal, where there is one.
func (c *Common) dialer() *dialer {
	d := &dialer{common: c}
	if c.Console.CanAsk() {
		d.ask = &prompter{asker: c.Console.Asker}
	}
	return d
}

// target makes the connection of package remote one that the engine can use.
type target struct{ host *remote.Host }

// Cost is how many connections were opened and scripts run.
func (t target) Cost() (connections, scripts int) {
	s := t.host.Stats()
	return s.Connections, s.Scripts
}

// Those that wait for the host say what an error means for the run.

func (t target) Lock(ctx context.Context, wait time.Duration, owner string) error {
	return hostError(t.host.Lock(ctx, wait, owner))
}

func (t target) Run(ctx context.Context, script string, line func(string)) (int, error) {
	status, err := t.host.Run(ctx, script, line)
	return status, hostError(err)
}

// Follow is Run for output without an end.
func (t target) Follow(ctx context.Context, script string, line func(string)) (int, error) {
	status, err := t.host.Follow(ctx, script, line)
	return status, hostError(err)
}

func (t target) RunLocked(ctx context.Context, owner, script string, line func(string)) (int, error) {
	status, err := t.host.RunLocked(ctx, owner, script, line)
	return status, hostError(err)
}

func (t target) Upload(ctx context.Context, path string, mode uint32, size int64, r io.Reader) error {
	return hostError(t.host.Upload(ctx, path, mode, size, r))
}

func (t target) Download(ctx context.Context, path string, most int64, w io.Writer) (int64, error) {
	n, err := t.host.Download(ctx, path, most, w)
	return n, hostError(err)
}

// The rest of engine.Target is the connection's own.

func (t target) Prove(ctx context.Context) error                 { return t.host.Prove(ctx) }
func (t target) Signal(ctx context.Context, script string) error { return t.host.Signal(ctx, script) }
func (t target) Kill(ctx context.Context) error                  { return t.host.Kill(ctx) }
func (t target) Address() string                                 { return t.host.Address() }
func (t target) Close() error                                    { return t.host.Close() }

// foresee asks ssh about hosts while there is other work to do before they are dialed.
func (d *dialer) foresee(ctx context.Context, forks int, hosts []*inventory.Host) {
	ask.Each(forks, hosts, func(_ int, h *inventory.Host) { remote.Foresee(ctx, d.options(h)) })
}

// options are those of a host, without what asks a person.
func (d *dialer) options(h *inventory.Host) remote.Options {
	set := d.common.overlay(h.SSH)
	o := remote.Options{
		Name: h.Name, Address: h.Address, Port: set.Port, User: set.User,
		Identities: set.Identity, KnownHosts: set.KnownHosts, HostKey: h.HostKey,
		ProxyCommand: set.ProxyCommand, ProxyJump: set.Jump, ProxyDir: filepath.Dir(d.common.Inventory),
		Become: set.Become, ConnectTimeout: set.ConnectTimeout, Cache: &d.files,
		Warn: func(text string) { d.warned.say(d.common.Console.Err, text) },
	}
	for _, a := range h.Private {
		if a.String() != h.Address {
			o.Also = append(o.Also, a.String())
		}
	}
	switch set.Config {
	case "":
	case "none":
		o.NoConfig = true
	default:
		o.ConfigFile = set.Config
	}
	return o
}

func (d *dialer) dial(ctx context.Context, h *inventory.Host) (engine.Target, error) {
	if d.ask != nil {
		defer d.ask.dialing()()
	}
	host, err := remote.Dial(ctx, d.asking(h))
	if err != nil {
		return nil, hostError(err)
	}
	return target{host}, nil
}

// tunnel is a connection that runs nothing on the host.
func (d *dialer) tunnel(ctx context.Context, h *inventory.Host) (*remote.Tunnel, error) {
	if d.ask != nil {
		defer d.ask.dialing()()
	}
	return remote.DialTunnel(ctx, d.asking(h))
}

// asking are the options of a host, with what asks a person.
func (d *dialer) asking(h *inventory.Host) remote.Options {
	o := d.options(h)
	if d.ask != nil {
		o.Passphrase, o.UnknownKey, o.Questions, o.AddKey = d.ask.passphrase, d.ask.hostKey, d.ask.questions, d.ask.addKey
		o.SudoPassword = d.ask.sudo
	}
	if d.common.AskBecome {
		o.SudoPassword = d.common.sudo
	}
	return o
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
