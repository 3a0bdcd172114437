package prometheus

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"

	"foobar/internal/monitoring/alert"
	"foobar/internal/play"
	"foobar/inventory"
)

// receiver is one who is told; every text is YAML already.
type receiver struct {
	Name, Kind     string
	Only           string // the severity, where it is not told of all
	To, From, Host string
	Hello          string // the name by which it greets the mail server
	User, Password string
	Plain          bool // its mail server is on this host, and needs no TLS
	URL, Key       string
}

// receivers are those of [[monitoring.notify]], with their secrets.
func receivers(s *play.Site) (list []receiver) {
	for i, n := range s.Inv.Monitoring.Notify {
		r := receiver{Name: fmt.Sprintf("%s-%d", n.Kind, i+1), Kind: n.Kind, To: strconv.Quote(strings.Join(n.To, ", ")),
			From: strconv.Quote(cmp.Or(n.From, "foobar@"+s.Inv.Site.Domain)), Host: strconv.Quote(n.Smarthost), Hello: strconv.Quote(s.Inv.Site.Domain), Plain: onThisHost(n.Smarthost)}
		if n.Severity != alert.Warning {
			r.Only = string(n.Severity)
		}
		given := func(name string) string { return s.Secrets[inventory.NotifyKey(i, name)].Reveal() }
		if n.User != "" {
			r.User, r.Password = strconv.Quote(n.User), strconv.Quote(given("password"))
		}
		if n.Kind == inventory.PagerDuty {
			r.Key = strconv.Quote(given("key"))
		}
		if n.Kind == inventory.Webhook || n.Kind == inventory.Slack {
			r.URL = strconv.Quote(cmp.Or(n.URL, given("url")))
		}
		list = append(list, r)
	}
	return list
}

func onThisHost(smarthost string) bool {
	host, _, err := net.SplitHostPort(smarthost)
	return err == nil && inventory.Loopback(host)
}
