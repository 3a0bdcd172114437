package roles

import (
	_ "embed" // scripts
	"strconv"

	"foobar/internal/fault"
	"foobar/internal/sh"
	"foobar/inventory"
)

// haproxyFailed is where a balancer keeps, during a run, how many requests failed.
const haproxyFailed = "/run/foobar/failed-requests"

//go:embed haproxy_failed.sh
var failedScript string

// few ends a script of the drain where more requests failed than the inventory allows.
func few(inv *inventory.Inventory) string {
	return sh.Func("too_many", fault.Shell(fault.RequestsFailed)) + failedScript + "few " + strconv.Itoa(inv.Deploy.MaxFailedRequests) + "\n"
}
