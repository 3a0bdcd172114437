package action

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/play"
)

// Plan says what a deploy would change.
type Plan struct {
	Common Common
	// Roles names the roles to look at; empty means all.
	Roles   []string
	Display Display
	// NewSecrets goes on where hosts were deployed with another master secret, and
	// replaces every password and the private CA.
	NewSecrets bool
	// Out is the file to save the plan in, for a deploy of exactly that.
	Out string
}

// Run looks at the hosts, and saves the plan.
func (p *Plan) Run(ctx context.Context) error {
	if err := mayBecomePlan(p.Out); err != nil {
		return Usage(fault.Wrap(fault.LocalFile, err))
	}
	r, err := p.Common.rollout(ctx, "plan", p.Roles, p.Display, nil)
	if err != nil {
		return err
	}
	defer r.site.App.Close()
	if err := r.newSecrets(p.NewSecrets); err != nil {
		return err
	}
	if p.Out != "" {
		if err := r.keep.toSave(); err != nil {
			return Usage(err)
		}
	}
	result, code := p.Display.Show(ctx, r)
	sayDrained(&p.Common, r.Request.Inventory, r.seen)
	sayKeyless(&p.Common, r.Request.Inventory)
	if p.Out != "" && result.Plan != nil && p.whole(r, result, code) {
		if err := p.save(r, result.Plan); err != nil {
			return &Exit{engine.ExitFailed, fault.Wrap(fault.LocalFile, err)}
		}
	}
	return exit(code)
}

// planHead is what a saved plan of any version begins with.
const planHead = "{\n  \"version\": "

// mayBecomePlan refuses a file that something else than a saved plan is in, such as the
// inventory itself, and a folder that is not there. An empty path is none.
func mayBecomePlan(path string) error {
	if path == "" {
		return nil
	}
	if folder := filepath.Dir(path); !isFolder(folder) {
		return fmt.Errorf("--out %s: there is no folder %s; make it, or name another file", path, folder)
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil // what cannot be written says so itself
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	head := make([]byte, len(planHead))
	if _, err := io.ReadFull(file, head); err != nil || string(head) != planHead {
		return fmt.Errorf("--out %s: the file is there and is no saved plan, so it is not overwritten; name another, such as site.plan", path)
	}
	return nil
}

// whole reports whether every host has been planned; something on one may be refused.
func (p *Plan) whole(r *Rollout, result engine.Result, code int) bool {
	switch code {
	case engine.ExitOK, engine.ExitDiffers:
		return true
	case engine.ExitFailed:
		return result.Err == nil && result.Plan.Refused() > 0 && len(result.Plan.OnHosts().Hosts) == cmp.Or(len(r.Request.Limit), len(r.Request.Inventory.Hosts))
	}
	return false
}

// save writes a plan, which may show configuration, for its owner alone.
func (p *Plan) save(r *Rollout, plan *engine.Plan) error {
	abs, err := filepath.Abs(p.Common.Inventory)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(p.Out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	saved := engine.Saved{Inventory: abs, Digest: r.digest, Limit: p.Common.Limit, Roles: p.Roles, Hosts: plan.Hosts}
	return errors.Join(file.Chmod(0o600), engine.WriteSaved(file, saved), file.Close()) // it may have been there
}

// Deploy changes what differs.
type Deploy struct {
	Common Common
	// Roles names the roles to deploy; empty means all.
	Roles   []string
	Display Display
	// Saved is the file of a plan, of which exactly that is done or nothing; the
	// inventory, the hosts and the roles are then those of the plan.
	Saved string
	// Yes asks nobody before the first change. Without a terminal a run needs it, or
	// a saved plan.
	Yes bool
	// NewSecrets goes on where hosts were deployed with another master secret, and
	// replaces every password and the private CA.
	NewSecrets bool
	// LockWait is how long to wait for another run to end.
	LockWait time.Duration
}

// Run looks at the hosts, changes what differs and looks again.
func (d *Deploy) Run(ctx context.Context) error {
	if !d.Yes && d.Saved == "" && !d.Common.Console.CanAsk() {
		return Usage(fault.Wrap(fault.CannotAsk, errors.New("deploy asks before the first change, and there is no terminal to ask at; add -y, or deploy a saved plan with --plan FILE")))
	}
	saved, err := readSaved(d.Saved)
	if err != nil {
		return err
	}
	if saved != nil {
		d.Common.Inventory, d.Common.Limit, d.Roles = saved.Inventory, saved.Limit, saved.Roles
	}
	r, err := d.Common.rollout(ctx, "deploy", d.Roles, d.Display, saved)
	if err != nil {
		return err
	}
	defer r.site.App.Close()
	if err := r.newSecrets(d.NewSecrets); err != nil {
		return err
	}
	r.record = d.Common.startRecord(r.Request.Inventory, "deploy", r.Request.Limit, d.Roles)
	defer r.record.end()
	r.Confirm = !d.Yes && saved == nil
	r.Request.Apply, r.Request.LockWait, r.Request.Record = true, d.LockWait, r.record.header()
	_, code := d.Display.Show(ctx, r)
	r.dialer.warned.tell(d.Common.Console.Err)
	sayDrained(&d.Common, r.Request.Inventory, r.seen)
	for _, text := range r.keep.said {
		fmt.Fprintln(ask.Safe(d.Common.Console.Err), text)
	}
	return exit(code)
}

// readSaved reads the file of a saved plan; nil without one.
func readSaved(path string) (*engine.Saved, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, Usage(fault.Wrap(fault.PlanUnreadable, fmt.Errorf("%w; save one with foobar plan --out FILE", err)))
	}
	defer file.Close()
	s, err := engine.ReadSaved(file)
	if err != nil {
		return nil, Usage(fmt.Errorf("%s: %w", path, err))
	}
	return s, nil
}

// Display carries out a rollout and shows it.
type Display struct {
	// Show runs the engine and returns how that ended, and the exit code.
	Show func(context.Context, *Rollout) (engine.Result, int)
	// AsksSudo says that Show asks for the sudo password in its own way.
	AsksSudo bool
}

// Rollout is a run of the engine before it begins.
type Rollout struct {
	Engine  *engine.Engine
	Request engine.Request
	// Confirm says that a person is to agree before the first change; Warning is what to
	// know before that.
	Confirm bool
	Warning string

	site   *play.Site
	keep   *keeping
	dialer *dialer
	digest string // of the inventory
	record *recording
	typed  string // what a person types to agree; "" takes a yes
	also   string // what the question names beside the changes on hosts
	// seen are the facts that the run found.
	seen      map[string]facts.Facts
	keepFacts func(any) error // nil where there is no place to
}

// learn keeps the facts that a run found.
func (r *Rollout) learn(seen map[string]facts.Facts) {
	r.seen = seen
	if r.keepFacts != nil {
		_ = r.keepFacts(seen) // without them the next run asks in two scripts
	}
}

// rollout reads what a run needs.
func (c *Common) rollout(ctx context.Context, verb string, roles []string, display Display, saved *engine.Saved) (*Rollout, error) {
	inv, err := c.load()
	if err != nil {
		return nil, err
	}
	digest, err := digestOf(c.Inventory)
	if err != nil {
		return nil, Usage(fault.Wrap(fault.InventoryUnread, err))
	}
	if saved != nil && saved.Digest != digest {
		return nil, &Exit{engine.ExitStale, fault.Wrap(fault.PlanInventory, fmt.Errorf("%s changed since the plan was saved; make a new one with foobar plan --out", c.Inventory))}
	}
	limit, err := hostsOf(inv, c.Limit)
	if err != nil {
		return nil, Usage(err)
	}
	if err := knownRoles(roles); err != nil {
		return nil, Usage(err)
	}
	if !display.AsksSudo {
		if err := c.readPassword(); err != nil {
			return nil, err
		}
	}
	d := &dialer{common: c}
	go d.foresee(ctx, c.forks(inv), inv.Hosts)
	s, k, err := c.prepare(ctx, inv)
	if err == nil {
		err = validNow(s, time.Now())
	}
	if err == nil && saved != nil {
		err = k.toSave()
	}
	if err != nil {
		return nil, Usage(err)
	}
	if k.fresh {
		fmt.Fprintf(ask.Safe(c.Console.Err), "%s is not there: a new site gets one with its first deploy, and every password of the site is derived from it\n", inv.Secrets.Master)
	}
	s.Limit, s.Roles = limit, roles
	r := &Rollout{site: s, keep: k, dialer: d, digest: digest}
	r.Engine = &engine.Engine{Dial: r.dialer.dial, Forks: c.forks(inv), Patience: c.patience()}
	r.Request = engine.Request{Verb: verb, Inventory: inv, Limit: limit, Roles: roles, Build: playsOf(s, k), Begin: k.write,
		Expect: saved, PlanKey: s.Master.Seed("plan"), Owner: owner()}
	if s.Whole() {
		r.Request.Beside = beside(ctx, inv)
	}
	if store, err := RecordsOf(inv); err == nil {
		store.Recall(&r.Request.Known)
		r.keepFacts = store.Keep
	}
	r.Request.Learned = r.learn
	return r, nil
}

// newSecrets says whether secrets may be replaced, which is done on all hosts at once.
func (r *Rollout) newSecrets(yes bool) error {
	if yes && (len(r.Request.Limit) > 0 || len(r.Request.Roles) > 0) {
		return Usage(errors.New("--new-secrets replaces the secrets of the whole site; leave out --limit and --parts"))
	}
	r.keep.replace = yes
	return nil
}

// Question is what a person is asked before the first change: how many changes there
// are, to which site, and from which inventory.
func (r *Rollout) Question(p *engine.Plan) string {
	hosts, beside := 0, ""
	for _, h := range p.Hosts {
		switch {
		case len(h.Changes) == 0:
		case h.Beside:
			beside = h.Host
		default:
			hosts++
		}
	}
	these := "these " + planview.Count(p.Changes(), "change")
	if p.Changes() == 1 {
		these = "this change"
	}
	inv := r.Request.Inventory
	return r.Warning + fmt.Sprintf("Make %s to %s (%s, %s)?", these, inv.Site.Domain, planview.Where(hosts, beside), inv.Path)
}

// Ask lets a person answer what only a person can: passphrases and unknown host
// keys, and the sudo password where it was not read before.
func (r *Rollout) Ask(a Asker) {
	r.dialer.ask = &prompter{asker: a}
	if c := r.dialer.common; c.AskBecome && c.sudo == nil {
		c.sudo = r.dialer.ask.sudo
	}
}

// View has a view ask, which has the screen for itself until the run has ended.
func (r *Rollout) View(a Asker) {
	r.Ask(a)
	r.dialer.warned.held = true
}

// Emit sends the events of the run to a display, and to the record.
func (r *Rollout) Emit(to event.Sink) {
	r.Engine.Emit = event.NewStream(time.Now, r.record.sinks(to)...).Emit
}

// owner is what stands beside the lock of a host.
func owner() string {
	name, host := here()
	return fmt.Sprintf("%s@%s pid %d since %s", name, host, os.Getpid(), time.Now().UTC().Format(time.RFC3339))
}

func digestOf(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
