package roles

import (
	_ "embed" // scripts
	"path"
	"slices"
	"strings"
	"time"

	"foobar/internal/database"
	"foobar/internal/facts"
	"foobar/internal/monitoring/measure"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Leaving is a host that leaves the site: of what foobar put there all goes that the
// ledger lists, but for what keeps the host itself safe (Base), and the firewall is shut
// but for ssh. What it stops and removes each kind of resource says itself, see
// resource.Owned. Data, packages and backups stay unless they are named.
type Leaving struct {
	// Data removes the databases, the site's folder and the public certificate; Packages
	// the programs of the site's services; Backups those of the databases.
	Data, Packages, Backups bool
}

// Name is the role's name in events.
func (Leaving) Name() string { return "removal" }

// Resources are the absence of all that, what serves first and what it reads after it.
func (r Leaving) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	stay, err := staying(s, h)
	if err != nil {
		return nil, err
	}
	var want []resource.Resource
	var stopped []string
	for _, kind := range s.Owned {
		for _, name := range s.Facts[h.Name].Owned {
			id := resource.ID(name)
			if id.Kind() != kind.ID().Kind() || slices.Contains(stay, id) {
				continue
			}
			if gone := kind.Removed(id.Name()); gone != nil && !isAgent(id) {
				want = append(want, resource.At(resource.Converge, gone))
				if id.Kind() == "service" {
					stopped = append(stopped, id.Name())
				}
			}
		}
	}
	for _, name := range ownAccounts() {
		want = append(want, resource.At(resource.Converge, NoUser{Name: name}))
	}
	want = append(want, noNames(), r.folders(s, stopped))
	want = append(want, r.agents(s, h)...)
	if r.Packages {
		want = append(want, r.packages(s, h))
	}
	alone := *s // as a host that serves nothing
	inv := *s.Inv
	inv.Firewall.Extra, inv.Firewall.Loopback = nil, "off"
	alone.Inv, alone.Services = &inv, play.Services{}
	rules, err := Firewall{}.Resources(&alone, h)
	if err != nil {
		return nil, err
	}
	for _, rule := range rules {
		if rule.ID().Kind() == "firewall" {
			want = append(want, rule)
		}
	}
	return want, nil
}

// ownAccounts are foobar's alone.
func ownAccounts() []string { return []string{appUser, buildUser, measure.Account} }

// staying are what Base wants, and a service that others of the host use as well.
func staying(s *play.Site, h *inventory.Host) ([]resource.ID, error) {
	list, err := Base{}.Resources(s, h)
	ids := []resource.ID{syslogService().ID()}
	for _, r := range list {
		ids = append(ids, r.ID())
	}
	return ids, err
}

// noNames takes the names of the site's hosts out of /etc/hosts.
func noNames() resource.Custom {
	return resource.Custom{Name: resource.NewID("block", "/etc/hosts"), Of: resource.Told(hostsAsk), In: resource.Converge,
		Compare: func(o resource.Observed) (resource.Change, error) {
			if o.State == resource.Unknown {
				return resource.Unseen(o), nil
			}
			c := hostsChange(o.Get("out"), "")
			if !c.Empty() {
				c.Action = resource.Remove
			}
			return c, nil
		}}
}

//go:embed leaving_ask.sh
var leavingAsk string

//go:embed leaving.sh
var leavingScript string

//go:embed leaving_volumes.sh
var leavingVolumes string

// folders are foobar's own, with the keys in them, and the releases; with Data and Backups
// those folders, too. Others' files in the folders of the site stay, as does what is mounted
// in them; a volume that is mounted at one of them is emptied.
func (r Leaving) folders(s *play.Site, stopped []string) resource.Custom {
	inv := s.Inv
	whole := []string{path.Dir(leafDir), database.Scratch, "/var/lib/foobar/app", appKept, appKept + ".new", appLog, path.Clean(resource.KeptBefore), appKeeping, "/var/lib/foobar/haproxy-before", "/var/lib/foobar/nginx-before", facts.DrainedFile,
		path.Dir(measure.Folder), play.Events}
	if r.Data {
		whole = append(whole, databaseFolder, siteFolder(inv))
		for _, name := range []string{"live", "archive"} {
			whole = append(whole, "/etc/letsencrypt/"+name+"/"+inv.Site.Domain)
		}
		whole = append(whole, "/etc/letsencrypt/renewal/"+inv.Site.Domain+".conf")
	}
	if r.Backups {
		whole = append(whole, inv.DB.Backup.Path)
	}
	head := sh.Set("units", strings.Join(stopped, " "), "site", siteFolder(inv), "mark", resource.OwnMark, "backups", inv.DB.Backup.Path) + "set -- " + sh.Join(whole...) + "\n" + r.gathered(s) + releaseMark + leavingVolumes
	return resource.Custom{Name: resource.NewID("folders", inv.Site.Name), Ask: head + leavingAsk, In: resource.Converge,
		Compare: func(o resource.Observed) (resource.Change, error) {
			if o.State != resource.Present {
				return resource.Unseen(o), nil
			}
			c := resource.Change{Action: resource.Remove}
			for line := range strings.Lines(o.Get("out")) {
				c.Fields = append(c.Fields, resource.Field{Name: "folder", Old: strings.TrimSuffix(line, "\n"), New: "removed"})
			}
			if len(c.Fields) == 0 {
				return resource.Change{}, nil
			}
			c.Steps = []resource.Step{resource.Run{Title: "remove folders", Script: head + leavingScript, Timeout: 10 * time.Minute}}
			return c, nil
		}}
}

// databaseFolder is where both engines keep their data.
const databaseFolder = "/var/lib/mysql"
