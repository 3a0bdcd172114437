package roles

import (
	_ "embed" // scripts
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// A server that a person takes out of the rotation is noted on the balancer, in
// facts.DrainedFile. From then on every deploy writes it into HAProxy's configuration as
// disabled, so that it stays out over reloads, restarts and boots.

// drainedAt is who took a web server out of the rotation, by what the balancers say.
func drainedAt(s *play.Site, host string) *facts.Drained {
	for _, lb := range s.Inv.Group(inventory.LB) {
		if d := facts.DrainedHost(s.Facts[lb.Name].Drained, host); d != nil {
			return d
		}
	}
	return nil
}

// serversOf are the web servers as HAProxy shall have them.
func serversOf(s *play.Site) []haproxyServer {
	servers := haproxyServers(s.Inv)
	for i := range servers {
		servers[i].Out = drainedAt(s, servers[i].Name)
	}
	return servers
}

// Rotation takes one web server out of the balancer's rotation, or puts it back.
type Rotation struct {
	Host string
	// Out says who takes it out; nil puts it back.
	Out *facts.Drained
	// Within is how long its sessions may take to end, or it may take to be up.
	Within time.Duration
	// Force takes it out although no other server is up.
	Force bool
}

// Name is the role's name in events.
func (Rotation) Name() string { return "rotation" }

// Resources are the note, HAProxy's own state, one word of its configuration, and that
// HAProxy has read it. Of a server that is put back, that it is up, too.
func (r Rotation) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	i := slices.IndexFunc(haproxyServers(s.Inv), func(v haproxyServer) bool { return v.Name == r.Host })
	if i < 0 {
		return nil, fmt.Errorf("%s is not a web server", r.Host)
	}
	server := haproxyServers(s.Inv)[i]
	noted := s.Facts[h.Name].Drained
	want := []resource.Resource{
		resource.Custom{Name: resource.NewID("rotation", r.Host), Ask: r.ask(), In: resource.Converge, Compare: func(o resource.Observed) (resource.Change, error) {
			return r.compare(o, noted)
		}},
		resource.Custom{Name: resource.NewID("file", haproxyConf), Ask: r.ask(), In: resource.Converge, Compare: r.configured},
		haproxyService(s, h),
	}
	if r.Out == nil {
		b := balancerState{servers: []haproxyServer{server}, within: r.Within, check: healthCheck(s.Inv)}
		want = append(want, resource.Custom{Name: resource.NewID("health", r.Host), Ask: askBalancer(), In: resource.Converge, Compare: b.back})
	}
	return want, nil
}

// ask prints the line of the server in HAProxy's configuration behind "configured ", and
// then what the running HAProxy says of its servers.
func (r Rotation) ask() string {
	return sh.Set("conf", haproxyConf, "host", r.Host) + rotationAsk + askBalancer()
}

//go:embed rotation_ask.sh
var rotationAsk string

//go:embed rotation_conf.sh
var rotationConf string

// compare wants the note, and takes the server out of the running HAProxy once its
// sessions have ended.
func (r Rotation) compare(o resource.Observed, noted []facts.Drained) (resource.Change, error) {
	switch o.State {
	case resource.Unknown:
		return resource.Unseen(o), nil
	case resource.Absent:
		return resource.Change{}, fault.Wrap(fault.DrainFailed, fmt.Errorf("HAProxy does not run, so no server can be taken out or put back"))
	}
	seen := seenServers(o.Get("out"))
	got, known := seen[r.Host]
	if !known {
		return resource.Change{}, fault.Wrap(fault.DrainFailed, fmt.Errorf("the running HAProxy does not know %s; deploy first", r.Host))
	}
	old := facts.DrainedHost(noted, r.Host)
	others := slices.DeleteFunc(slices.Clone(noted), func(d facts.Drained) bool { return d.Host == r.Host })
	c, out := resource.Change{Action: resource.Act}, r.Out
	if old != nil {
		out = old
	}
	if r.Out == nil {
		if old == nil || !o.Planning() {
			return resource.Change{}, nil
		}
		c.Fields = []resource.Field{{Name: "rotation", Old: old.String(), New: "in service"}}
		c.Steps = []resource.Step{note(others)}
		return c, nil
	}
	if !r.Force && got.admin&(adminMaintenance|adminDrain) == 0 && !othersServe(seen, r.Host) {
		return resource.Change{}, fault.Wrap(fault.LastServer, fmt.Errorf("no other web server is up: without %s visitors get an error 503; add --force to take it out anyway", r.Host))
	}
	if old == nil && o.Planning() {
		c.Steps = []resource.Step{note(append(others, *r.Out))}
	}
	if got.admin&adminMaintenance == 0 {
		c.Steps = append(c.Steps, resource.Run{Title: "wait for the sessions of " + r.Host + " to end", Timeout: r.Within + time.Minute,
			Script: tellBalancer("take_out", r.Host, seconds(r.Within)) + put(r.Host, "maint")})
	}
	if len(c.Steps) > 0 {
		c.Fields = []resource.Field{{Name: "rotation", Old: "in service", New: out.String()}}
	}
	return c, nil
}

// othersServe reports whether a server beside this one gets requests.
func othersServe(seen map[string]seenServer, host string) bool {
	for name, v := range seen {
		if name != host && v.serves() {
			return true
		}
	}
	return false
}

// serves reports whether the server gets requests.
func (v seenServer) serves() bool {
	return v.up() && v.weight > 0 && v.admin&(adminMaintenance|adminDrain) == 0
}

// note writes the file that names who is out.
func note(list []facts.Drained) resource.Run {
	if len(list) == 0 {
		return resource.Run{Title: "note that no server is out", Script: "foobar_gone " + facts.DrainedFile}
	}
	return resource.Run{Title: "note who is out", Script: "foobar_put 0600 root:root " + facts.DrainedFile, Input: facts.WriteDrained(list)}
}

// configured wants the word "disabled" behind the server in haproxy.cfg, or not.
func (r Rotation) configured(o resource.Observed) (resource.Change, error) {
	if o.State != resource.Present {
		return resource.Unseen(o), nil
	}
	line, _, _ := strings.Cut(o.Get("out"), "\n")
	line, found := strings.CutPrefix(line, "configured ")
	if !found {
		return resource.Change{}, fault.Wrap(fault.DrainFailed, fmt.Errorf("%s does not name %s; deploy first", haproxyConf, r.Host))
	}
	word := map[bool]string{true: "disabled", false: "in service"}
	is := strings.HasSuffix(line, " disabled")
	if is == (r.Out != nil) {
		return resource.Change{}, nil
	}
	return resource.Change{Action: resource.Update, Fields: []resource.Field{{Name: "server " + r.Host, Old: word[is], New: word[!is]}},
		Steps: []resource.Step{resource.Run{Title: "write it into " + haproxyConf,
			Script: sh.Set("conf", haproxyConf, "host", r.Host, "out", map[bool]string{true: "yes"}[r.Out != nil]) + rotationConf}}}, nil
}

// back puts the one server into service, whatever took it out, and waits until it is up.
func (b balancerState) back(o resource.Observed) (resource.Change, error) {
	c, err := b.health(o)
	if err != nil || c.Provisional {
		return c, err
	}
	name := b.servers[0].Name
	if seenServers(o.Get("out"))[name].admin&(adminMaintenance|adminDrain) != 0 {
		ready := resource.Run{Title: "put " + name + " into service", Script: tellBalancer("tell", "set server "+haproxyBackend+"/"+name+" state ready")}
		c.Steps = append([]resource.Step{ready}, c.Steps...)
	}
	return c, nil
}

// OutOfRotation has the running HAProxy send no more requests to a server that is about to
// leave the site, and waits for those it has. Its configuration is not touched.
type OutOfRotation struct {
	Host   string
	Within time.Duration // for its sessions to end; then they are cut
}

// Name is the role's name in events.
func (OutOfRotation) Name() string { return "rotation" }

// Resources are HAProxy's own state, and that no note speaks of the server any more.
func (r OutOfRotation) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	noted := s.Facts[h.Name].Drained
	return []resource.Resource{resource.Custom{Name: resource.NewID("rotation", r.Host), Ask: askBalancer(), In: resource.Converge, Compare: func(o resource.Observed) (resource.Change, error) {
		c := resource.Change{Action: resource.Act}
		if o.State == resource.Unknown {
			return resource.Unseen(o), nil
		}
		seen := seenServers(o.Get("out"))
		got, known := seen[r.Host]
		if known && got.serves() && !othersServe(seen, r.Host) {
			return c, fault.Wrap(fault.LastServer, fmt.Errorf("no other web server is up: without %s visitors get an error 503", r.Host))
		}
		if known && got.admin&(adminMaintenance|adminDrain) == 0 {
			c.Fields = []resource.Field{{Name: r.Host, Old: "in service", New: "drained"}}
			c.Steps = []resource.Step{resource.Run{Title: "wait for the sessions of " + r.Host + " to end", Timeout: r.Within + time.Minute,
				Script: tellBalancer("leave", r.Host, seconds(r.Within))}}
		}
		if old := facts.DrainedHost(noted, r.Host); old != nil && o.Planning() {
			c.Fields = append(c.Fields, resource.Field{Name: "note", Old: old.String(), New: "removed"})
			c.Steps = append(c.Steps, note(slices.DeleteFunc(slices.Clone(noted), func(d facts.Drained) bool { return d.Host == r.Host })))
		}
		if len(c.Fields) == 0 {
			return resource.Change{}, nil
		}
		return c, nil
	}}}, nil
}
