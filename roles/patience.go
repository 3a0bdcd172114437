package roles

import (
	"slices"
	"time"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// A request may take app.timeout: then nginx ends it. The balancer in front of nginx and
// the app behind it are more patient, so that neither cuts off what nginx still waits for,
// nor has it tried again elsewhere. While app.timeout changes, some servers have the old
// one and some the new, and this has to hold for the longer of the two. A longer one comes
// to the balancer and to the app before it comes to nginx, a shorter one to nginx before it
// comes to the others. On a host with nginx and the app both change in one turn. Where a
// run leaves some of them out, the others wait as those need it: see webPatience,
// balancerPatience and appPatience.

// askedPatience is how long nginx is to give a request, by the inventory.
func askedPatience(inv *inventory.Inventory) time.Duration {
	return time.Duration(wholeSeconds(inv.App.Timeout)) * time.Second
}

// webPatience is how long nginx on a host gives a request: no longer than a balancer or an
// app goes along with that a run leaves out.
func webPatience(s *play.Site, h *inventory.Host) time.Duration {
	want, now := askedPatience(s.Inv), s.Facts[h.Name].Patience.Web
	most := want
	for _, lb := range s.Inv.Group(inventory.LB) {
		if !s.WorksOn(HAProxy{}.Name(), lb.Name) {
			most = min(most, behind(s, lb, want, now))
		}
	}
	for _, a := range s.Inv.Group(inventory.App) {
		asked := a == h || !h.Has(inventory.App)
		f, known := s.Facts[a.Name]
		switch {
		case !asked || s.WorksOn(App{}.Name(), a.Name):
		case known && f.Patience.App > 0:
			most = min(most, f.Patience.App)
		case !known && now > 0:
			most = min(most, now)
		}
	}
	return most
}

// behind is how long nginx may give a request behind a balancer that stays as it is, where
// want is asked for and now is what nginx gives.
func behind(s *play.Site, lb *inventory.Host, want, now time.Duration) time.Duration {
	f, known := s.Facts[lb.Name]
	waits := f.Patience.Balancer
	switch {
	case !known && now > 0:
		return now
	case waits == 0 || waits >= s.Inv.LB.TimeoutServer: // none is there yet, or it waits for long enough
		return want
	}
	const sooner = 20 * time.Second // as much as the inventory's default
	return max(waits-min(sooner, waits/2), min(now, waits), time.Second).Truncate(time.Second)
}

// impatient are the web servers that give a request more time now than they are to give it.
func impatient(s *play.Site) []*inventory.Host {
	return slices.DeleteFunc(s.Inv.Group(inventory.Web), func(h *inventory.Host) bool { return s.Facts[h.Name].Patience.Web <= askedPatience(s.Inv) })
}

// LessPatience reports whether app.timeout becomes shorter.
func LessPatience(s *play.Site) bool { return len(impatient(s)) > 0 }

// MorePatience reports whether app.timeout becomes longer.
func MorePatience(s *play.Site) bool {
	return !LessPatience(s) && slices.ContainsFunc(s.Inv.Group(inventory.Web), func(h *inventory.Host) bool {
		now := s.Facts[h.Name].Patience.Web
		return now > 0 && now < askedPatience(s.Inv)
	})
}

// balancerPatience is how long HAProxy waits for an answer while the web servers change.
func balancerPatience(s *play.Site, h *inventory.Host) time.Duration {
	if LessPatience(s) {
		return max(s.Inv.LB.TimeoutServer, s.Facts[h.Name].Patience.Balancer)
	}
	return s.Inv.LB.TimeoutServer
}

// appPatience is how long a request may take for the app on a host: for as long as nginx
// gives it, also where a run leaves that nginx out, as a release of the app alone does.
func appPatience(s *play.Site, h *inventory.Host) time.Duration {
	most := s.Inv.App.Timeout
	for _, w := range impatient(s) {
		if (w == h || !w.Has(inventory.App)) && !s.WorksOn(Nginx{}.Name(), w.Name) {
			most = max(most, s.Facts[w.Name].Patience.Web)
		}
	}
	return most
}

// EndsPatience reports whether balancers are to wait no longer than the inventory says,
// once the web servers do so. Where the run leaves out one of those, they go on waiting.
func EndsPatience(s *play.Site) bool {
	return LessPatience(s) && !slices.ContainsFunc(impatient(s), func(h *inventory.Host) bool { return !s.WorksOn(Nginx{}.Name(), h.Name) })
}

// BalancerPatience is the end of the longer time that a balancer has waited for answers.
type BalancerPatience struct{}

// Name is the role's name on the command line.
func (BalancerPatience) Name() string { return HAProxy{}.Name() }

// Resources are HAProxy's configuration as the inventory has it, and that HAProxy has
// taken it in.
func (BalancerPatience) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	want, now := s.Inv.LB.TimeoutServer, balancerPatience(s, h)
	if now <= want {
		return nil, nil
	}
	var t texts
	conf, balancer := balancerConf(s, h, want, &t)
	return []resource.Resource{resource.Custom{Name: resource.NewID("patience", haproxyUnit), Of: conf.Probe(), In: resource.Converge, Compare: func(o resource.Observed) (resource.Change, error) {
		c, err := conf.Diff(o)
		if err != nil || c.Empty() || c.Provisional {
			return c, err
		}
		c.Quiet, c.Reason = false, "the web servers wait no longer than that by then"
		c.Fields = []resource.Field{{Name: "timeout server", Old: haproxyTime(now), New: haproxyTime(want)}}
		c.Steps = append(c.Steps, resource.Run{Title: "reload " + haproxyUnit, Script: balancer.TurnScript("reload"), Timeout: 3 * time.Minute})
		return c, nil
	}}}, t.err
}
