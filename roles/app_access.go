package roles

import (
	_ "embed" // scripts
	"fmt"
	"regexp"
	"strings"

	"foobar/internal/fault"
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
// releases and of each release of foobar's. It is a resource of its own, because a
// change of the release means a restart.
func (r release) access() resource.Custom {
	ask := sh.Set("site", r.site) + releaseMark + askAccess
	return resource.Custom{Name: resource.NewID("access", r.site), In: resource.Converge, Ask: ask, Compare: func(o resource.Observed) (resource.Change, error) {
		c := resource.Change{Action: resource.Update}
		if o.State == resource.Unknown {
			return resource.Unseen(o), nil
		}
		var script strings.Builder
		for line := range strings.Lines(o.Get("out")) {
			f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
			if len(f) != 3 {
				continue
			}
			mode, owner := "0755", "root:root"
			if id, ok := strings.CutPrefix(f[2], r.site+"/releases/"); ok && releaseID.MatchString(id) {
				mode, owner = "0750", "root:"+r.readers
				if f[0] == "0755" {
					c.Reason = "every user of the host could read releases"
				}
			} else if f[2] != r.site && f[2] != r.site+"/releases" {
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
		if len(c.Fields) == 0 {
			return resource.Change{}, nil
		}
		c.Steps = []resource.Step{resource.Run{Title: "close " + r.site + " to other users", Script: script.String()}}
		return c, nil
	}}
}

// nginxReads lets nginx read releases where the app's group does: its user joins
// the group, and its workers are replaced by ones that have it. Both come before
// releases are closed to everybody else.
func nginxReads() []resource.Resource {
	return []resource.Resource{nginxJoins(), resource.Custom{Name: resource.NewID("readers", "nginx.service"), In: resource.Converge,
		Ask: workers("if lack; then echo lack; fi"),
		Compare: func(o resource.Observed) (resource.Change, error) {
			switch {
			case o.State == resource.Unknown:
				return resource.Unseen(o), nil
			case strings.TrimSpace(o.Get("out")) != "lack":
				return resource.Change{}, nil
			}
			return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "group of its workers", Old: "without " + appUser, New: appUser}},
				Reason: "reload: releases are read by the app's group alone",
				Steps: []resource.Step{resource.Run{Title: "let nginx read releases", Script: sh.Func("rejected", fault.Shell(fault.ConfigRejected)) +
					sh.Func("unready", fault.Shell(fault.NotReady)) + workers("replace")}}}, nil
		}}}
}

// nginxJoins is nginx's user as a member of the app's group.
func nginxJoins() resource.User {
	return resource.User{Name: nginxUser, Groups: []string{appUser}, Make: []string{appUser}}
}

// workers is shell that calls a function for nginx's workers. Sources:
// proc_tid_children(5), proc_pid_status(5), and nginx's titles of its processes
// (src/os/unix/ngx_process_cycle.c).
func workers(call string) string { return sh.Set("group", appUser) + workersScript + call + "\n" }

// Scripts of who reads releases.
var (
	//go:embed app_access_ask.sh
	askAccess string
	//go:embed app_workers.sh
	workersScript string
)
