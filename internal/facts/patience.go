package facts

import (
	_ "embed" // a script
	"time"
)

// Patience is how long programs that run on a host wait for an answer, by the
// configuration that foobar wrote last; 0 where a program does not run or has another one.
type Patience struct {
	// Web is nginx's, which a request may take. Balancer is HAProxy's. App is how long a
	// request may take for the app, by its unit, whether it runs or not.
	Web, Balancer, App time.Duration
}

// mostPatience bounds what a host can claim.
const mostPatience = 24 * time.Hour

// patienceScript prints them.
//
//go:embed patience.sh
var patienceScript string

// set takes in one line of patienceScript.
func (p *Patience) set(key string, n int64) {
	switch {
	case n <= 0 || n > int64(mostPatience/time.Millisecond):
	case key != "patience-balancer" && n > int64(mostPatience/time.Second):
	case key == "patience-web":
		p.Web = time.Duration(n) * time.Second
	case key == "patience-app":
		p.App = time.Duration(n) * time.Second
	case key == "patience-balancer":
		p.Balancer = time.Duration(n) * time.Millisecond
	}
}
