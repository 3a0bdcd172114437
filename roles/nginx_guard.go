package roles

import (
	_ "embed" // a script

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// nginxKept is the folder with the files of nginx's that a deploy replaced, from before the
// first of them is until nginx runs well with the new ones.
const nginxKept = resource.KeptBefore + "nginx.service"

// inTurn has a file of a program that runs put only in the turn of its host, and checked
// before: where an earlier server did not get well with it, a restart of this one would take
// it in. A program that does not run yet is to start with the file.
func inTurn(runs bool, f resource.File) resource.Resource {
	if !runs {
		return f
	}
	f.CheckFirst = true
	return resource.At(resource.Converge, f)
}

//go:embed nginx_guard.sh
var nginxGuardScript string

// nginxTakeIn has nginx take its new configuration in, by a "reload" or a "restart", and
// takes that back when the host no longer answers what the balancer asks it for.
func nginxTakeIn(s *play.Site, h *inventory.Host, turn string) string {
	return "(\nset -eu\n" + sh.Set("kept", nginxKept, "settle", "6", "turn", turn, "pid", "/run/nginx.pid", "errors", nginxErrors,
		"ca", leafCA, "internal", h.Internal(), "host", s.Inv.Site.Domain, "path", s.Inv.LB.HealthPath,
		"worse", "with its new configuration nginx does not answer well what it answered well before:",
		"worse_before", "nginx does not answer well with it either:", "as_before", "nginx answers with it as it did") +
		sh.Func("taken_back", fault.Shell(fault.WebReverted)) + ticks + nginxGuardScript + guardScript +
		"guarded " + sh.Join(nginxConf, nginxDropIn) + "\n)"
}
