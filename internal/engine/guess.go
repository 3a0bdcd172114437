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
	asks map[string]*resource.ProbeSet // by host
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
	g := &guess{then, map[string]*resource.ProbeSet{}}
	for _, w := range then.order {
		if w.takesPart() {
			g.asks[w.host.Name] = resource.Compile(probesOf(w.items))
		}
	}
	return g
}

// around is the question that was guessed for a host, around the one for its facts; this
// alone where nothing was guessed.
func (g *guess) around(facts, host string) string {
	if g == nil || g.asks[host] == nil {
		return facts
	}
	return g.asks[host].Around(facts)
}

// same reports whether a question is the one that was guessed for a host.
func (g *guess) same(host, script string) bool {
	return g != nil && g.asks[host] != nil && g.asks[host].Script() == script
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
		w.items, w.byID, w.set = was.items, was.byID, r.guessed.asks[w.host.Name]
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
