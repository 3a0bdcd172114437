package roles

import (
	_ "embed" // scripts
	"time"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// haproxyKept is the folder with the files of HAProxy's that a deploy replaced, from
// before the first of them is until HAProxy runs well with the new ones.
const haproxyKept = resource.KeptBefore + haproxyUnit

// Scripts of a change of configuration that is taken back where it makes things worse.
var (
	//go:embed config_guard.sh
	guardScript string
	//go:embed haproxy_guard.sh
	settleScript string
)

// haproxyTakeIn reloads HAProxy and takes the new configuration back when it does not
// find as many servers well with it as before. Where it has found none, as before the
// first deploy has ended, there is nothing to compare.
func haproxyTakeIn(s *play.Site, h *inventory.Host) string {
	// A new worker asks each server once in an interval; an answer may take 3 s.
	settle := min(s.Inv.LB.HealthInterval+4*time.Second, 20*time.Second)
	return "(\nset -eu\n" + balancerVars() + sh.Set("kept", haproxyKept, "settle", seconds(settle),
		"worse", "with its new configuration HAProxy does not find servers well that were well before:",
		"worse_before", "with it these are unhealthy, too:", "as_before", "with it all servers are as they were") +
		sh.Func("reload", "(\n"+haproxyReload(s.Facts[h.Name].System())+"\n)") + // its variables are its own
		sh.Func("taken_back", fault.Shell(fault.BalancerReverted)) + adminScript + failedScript + settleScript + guardScript +
		"guarded " + sh.Join(haproxyConf, publicCertificate(s)) + "\n)"
}
