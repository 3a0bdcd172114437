package roles

import (
	_ "embed" // scripts
	"fmt"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// A release may hold what is not for every user of a host, such as settings. Its
// folder alone protects it: only root and the group that reads releases may enter.
// Files in it keep the modes they were built with.

const nginxUser = "www-data"

// releaseReaders is the group that reads releases on a host: the app's, to which
// nginx's user belongs where both are there, or nginx's own.
func releaseReaders(h *inventory.Host) string {
	if h.Has(inventory.App) {
		return appUser
	}
	return nginxUser
}

var releaseID = regexp.MustCompile(`^[0-9a-f]{12}$`)

// access are the owners and modes of the site's folder, of the folder of its
// releases and of each release of foobar's, and what others put beside these. It is a
// resource of its own, because a change of the release means a restart.
type access struct {
	site, readers string
	purge         bool // remove folders with files of others, too
}

func (r release) access() access { return access{r.site, r.readers, r.purge} }

// ID is "access:" and the site's folder.
func (a access) ID() resource.ID { return resource.NewID("access", a.site) }

// Stage is Converge.
func (access) Stage() resource.Stage { return resource.Converge }

// Probe asks for modes and owners, a line each, and for names behind a star.
func (a access) Probe() resource.Probe {
	return resource.Told(sh.Set("site", a.site) + releaseMark + askAccess)
}

// others are what lies among the releases and is none, but for what is in use. Holds
// says of each whether there are files in it: those of another tool, or uploads.
func (a access) others(o resource.Observed) (all []string, holds map[string]bool) {
	holds = map[string]bool{}
	for line := range strings.Lines(o.Get("out")) {
		full, files := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "*+ ")
		full, empty := strings.CutPrefix(full, "* ")
		name, ok := strings.CutPrefix(full, a.site+"/releases/")
		if ok && (files || empty) && name != "" && !strings.Contains(name, "/") && !releaseID.MatchString(name) && name != "." && name != ".." {
			all = append(all, full)
			holds[full] = files
		}
	}
	return all, holds
}

// goes reports whether a deploy removes one of others.
func (a access) goes(o resource.Observed, name string, holds bool) bool {
	return o.Strange(name) && (a.purge || !holds)
}

// Found are those; a host without the folder has none.
func (a access) Found(o resource.Observed) ([]string, bool) {
	all, _ := a.others(o)
	return all, o.State != resource.Unknown
}

// Unmanaged are those that stay.
func (a access) Unmanaged(o resource.Observed) []string {
	all, holds := a.others(o)
	stay := slices.DeleteFunc(all, func(name string) bool { return a.goes(o, name, holds[name]) })
	for i, name := range stay {
		stay[i] = "beside the releases: " + name
	}
	return stay
}

// Diff closes what is open to others, and removes what others put among the releases
// after foobar came; but folders that hold files only where everything of others goes.
func (a access) Diff(o resource.Observed) (resource.Change, error) {
	c := resource.Change{Action: resource.Update}
	if o.State == resource.Unknown {
		return resource.Unseen(o), nil
	}
	var script, gone strings.Builder
	for line := range strings.Lines(o.Get("out")) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		if len(f) != 3 {
			continue
		}
		mode, owner := "0755", "root:root"
		if id, ok := strings.CutPrefix(f[2], a.site+"/releases/"); ok && releaseID.MatchString(id) {
			mode, owner = "0750", "root:"+a.readers
			if f[0] == "0755" {
				c.Reason = "every user of the host could read releases"
			}
		} else if f[2] != a.site && f[2] != a.site+"/releases" {
			continue
		}
		if f[0] != mode || f[1] != owner {
			if !strings.HasPrefix(f[1], "root:") {
				c.Reason = "others than root could replace releases"
			}
			c.Fields = append(c.Fields, resource.Field{Name: f[2], Old: f[0] + " " + f[1], New: mode + " " + owner})
			fmt.Fprintf(&script, "foobar_dir %s %s %s\n", mode, sh.Quote(owner), sh.Quote(f[2]))
		}
	}
	all, holds := a.others(o)
	for _, name := range all {
		if a.goes(o, name, holds[name]) {
			c.Fields = append(c.Fields, resource.Field{Name: "beside the releases", Old: name, New: "removed"})
			fmt.Fprintf(&gone, "rm -rf --one-file-system -- %s\n", sh.Quote(name))
		}
	}
	if script.Len() > 0 {
		c.Steps = append(c.Steps, resource.Run{Title: "close " + a.site + " to other users", Script: script.String()})
	}
	if gone.Len() > 0 {
		c.Steps = append(c.Steps, resource.Run{Title: "remove what is not a release from " + a.site + "/releases", Script: gone.String()})
	}
	if len(c.Fields) == 0 {
		return resource.Change{}, nil
	}
	return c, nil
}

//go:embed app_access_ask.sh
var askAccess string
