package engine

import (
	"errors"
	"reflect"

	"foobar/internal/facts"
	"foobar/internal/resource"
)

// guess is what each host will be asked, and what is wanted of it, if all hosts are as
// they were known to be. It is made while they are being dialed.
type guess struct {
	run  *run
	asks map[string]question // by host
}

// question is a script about a host's resources, and how its answer is read.
type question struct {
	set    *resource.ProbeSet
	script string
}

// guess makes the plays and the resources from what is known; nil where that leads to
// nothing.
func (r *run) guess() *guess {
	if len(r.req.Known) == 0 {
		return nil
	}
	then := &run{eng: r.eng, req: r.req, workers: map[string]*worker{}}
	for _, h := range r.req.Inventory.Hosts {
		w := &worker{run: then, host: h, selected: r.req.selects(h)}
		var known bool
		if w.facts, known = r.req.Known[h.Name]; !known {
			w.err = errors.New("not known")
		}
		then.workers[h.Name], then.order = w, append(then.order, w)
	}
	if then.build() != nil {
		return nil
	}
	g := &guess{then, map[string]question{}}
	for _, w := range then.order {
		if w.takesPart() {
			set := resource.Compile(probesOf(w.items))
			g.asks[w.host.Name] = question{set, set.Script()}
		}
	}
	return g
}

// script is what was guessed that a host will be asked, or "".
func (g *guess) script(host string) string {
	if g == nil {
		return ""
	}
	return g.asks[host].script
}

// adopt takes over the plays and the resources of the guess where all hosts turned out
// to be as they were known to be, so that nothing is worked out twice. It reports
// whether it did.
func (r *run) adopt() bool {
	if r.guessed == nil || !reflect.DeepEqual(r.guessed.run.settled(), r.settled()) {
		return false
	}
	then := r.guessed.run
	r.plays, r.owned, r.key = then.plays, then.owned, then.key
	for _, w := range r.order {
		was := then.workers[w.host.Name]
		w.items, w.byID, w.set = was.items, was.byID, r.guessed.asks[w.host.Name].set
	}
	r.hideSecrets()
	return true
}

// settled are the facts of the hosts that are well, as resources are made from them.
func (r *run) settled() map[string]facts.Facts {
	all := r.facts()
	for name, f := range all {
		all[name] = f.Lasting()
	}
	return all
}
