package playbooks

import (
	"slices"
	"testing"
	"time"

	"foobar/internal/play"
	"foobar/inventory"
)

// TestOrderOfTimeouts: nobody waits less than nginx at any time. The balancer is first with
// a longer time and last with a shorter one; nginx and an app on hosts of its own follow
// each other, and a site whose time-outs stay has no other plays than ever.
func TestOrderOfTimeouts(t *testing.T) {
	at := func(plays []play.Play, name string) (int, play.Play) {
		i := slices.IndexFunc(plays, func(p play.Play) bool { return p.Name == name })
		if i < 0 {
			return i, play.Play{}
		}
		return i, plays[i]
	}
	for _, file := range []string{"minimal.toml", "split.toml"} {
		split := file == "split.toml"
		for _, c := range []struct {
			name string
			now  time.Duration
			less bool
			more bool
		}{{"as before", 30 * time.Second, false, false}, {"bare", 0, false, false}, {"shorter", time.Minute, true, false}, {"longer", 5 * time.Second, false, true}} {
			s := SiteOf(t, file)
			for _, h := range s.Inv.Group(inventory.Web) {
				f := s.Facts[h.Name]
				f.Patience.Web = c.now
				s.Facts[h.Name] = f
			}
			for _, h := range s.Inv.Group(inventory.LB) {
				f := s.Facts[h.Name]
				f.Patience.Balancer = c.now + 20*time.Second
				s.Facts[h.Name] = f
			}
			plays, err := Site(s)
			if err != nil {
				t.Fatal(err)
			}
			if err := play.Check(plays); err != nil {
				t.Errorf("%s, %s: %v", file, c.name, err)
			}
			last, end := at(plays, "balancer patience")
			if (last >= 0) != c.less || c.less && !slices.Equal(end.After, []string{"app", "web"}) {
				t.Errorf("%s, %s: the balancer's end is at %d, after %v", file, c.name, last, end.After)
			}
			nth, app := at(plays, "app")
			mth, web := at(plays, "web")
			if got := slices.Contains(app.Behind, "web"); got != (split && c.less) || got != (mth < nth) {
				t.Errorf("%s, %s: the app at %d behind %v, the web servers at %d", file, c.name, nth, app.Behind, mth)
			}
			if got := slices.Contains(web.Behind, "app"); got != (split && c.more) {
				t.Errorf("%s, %s: the web servers behind %v", file, c.name, web.Behind)
			}
			if !slices.Contains(app.Behind, "balancer") || !slices.Contains(web.Behind, "balancer") {
				t.Errorf("%s, %s: they do not wait for the balancer: %v, %v", file, c.name, app.Behind, web.Behind)
			}
		}
	}
}
