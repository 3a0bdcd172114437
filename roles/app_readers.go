package roles

import (
	_ "embed" // the script
	"strings"

	"foobar/internal/fault"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

//go:embed app_workers.sh
var workersScript string

// nginxReads lets nginx read releases where the app's group does: its user joins
// the group, and its workers are replaced by ones that have it. Both come before
// releases are closed to everybody else.
func nginxReads() []resource.Resource {
	return []resource.Resource{nginxJoins(), resource.Custom{Name: resource.NewID("readers", "nginx.service"), In: resource.Converge,
		Of: resource.Told(workers("if lack; then echo lack; fi")),
		Compare: func(o resource.Observed) (resource.Change, error) {
			switch {
			case o.State == resource.Unknown:
				return resource.Unseen(o), nil
			case strings.TrimSpace(o.Get("out")) != "lack":
				return resource.Change{}, nil
			}
			return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "group of its workers", Old: "without " + appUser, New: appUser}},
				Reason: "reload: only the app's group can read releases",
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
