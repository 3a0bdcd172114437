package roles

import (
	_ "embed" // script
	"fmt"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Where web servers reach the application over the network, that hop is TLS and
// each side proves who it is. gunicorn's own settings for TLS hold for all its
// sockets and accept any certificate of the CA; appTLSConf leaves the loopback
// without TLS, and admits web servers alone.
const (
	appTLSConf = "/etc/foobar/gunicorn.conf.py"
	// appPlain is a file whose modification time says until when plain HTTP is
	// served beside TLS, for web servers that do not speak TLS yet.
	appPlain = "/etc/foobar/app-plain"
	// appTLSName is in the certificate of every host with the application: nginx
	// checks one name for all its upstreams. No host can be called so, because
	// its name would hold a dot.
	appTLSName = "application.foobar.internal"
	// appPlainLinger is for how many seconds plain HTTP is served after the last
	// web server has turned to TLS: nginx's old workers end within
	// worker_shutdown_timeout of nginx.conf, which is 30 s.
	appPlainLinger = 60
)

// AppRemote reports whether web servers reach the application over the network.
func AppRemote(inv *inventory.Inventory) bool { return len(remoteWebs(inv)) > 0 }

// remoteWebs are the web servers without the application.
func remoteWebs(inv *inventory.Inventory) []*inventory.Host {
	return slices.DeleteFunc(inv.Group(inventory.Web), func(h *inventory.Host) bool { return h.Has(inventory.App) })
}

// appTLSData fills appTLSConf: who gets in, and with what the host proves who it is.
// The host itself may ask for its application's health.
func appTLSData(inv *inventory.Inventory, h *inventory.Host) map[string]any {
	peers := []string{strconv.Quote(h.Internal())}
	for _, w := range remoteWebs(inv) {
		peers = append(peers, strconv.Quote(w.Internal()))
	}
	return map[string]any{
		"Key": strconv.Quote(leafKey), "CA": strconv.Quote(leafCA),
		"Peers": strings.Join(peers, ", "), "Plain": strconv.Quote(appPlain)}
}

//go:embed app_ready.sh
var appWorkers string

// appReady is shell that succeeds once the application answers, and else says in $how what
// it answers. With -q, here and elsewhere, curl does not read what root keeps in .curlrc.
func appReady(inv *inventory.Inventory, h *inventory.Host) string {
	return appWorkers + `how=$(curl -q -s -o /dev/null -w '%{http_code}' --max-time "$most" ` + sh.Join(appRequest(inv, h)...) + `) || how=000
case $how in
[123]??) ;;
000 | '') how=` + sh.Quote("GET "+inv.App.HealthPath+" got no answer") + `; workers; false ;;
*) how=` + sh.Quote("GET "+inv.App.HealthPath+" answered ") + `$how; false ;;
esac`
}

// appRequest are the arguments with which curl asks the application for its health.
func appRequest(inv *inventory.Inventory, h *inventory.Host) []string {
	first, path := appListen(inv, h)[0], inv.App.HealthPath
	words := []string{"--noproxy", "*", "-H", "Host: " + inv.Site.Domain}
	if !AppRemote(inv) || strings.HasPrefix(first, "127.") {
		return append(words, "http://"+first+path)
	}
	port := strconv.Itoa(inv.App.Port)
	return append(words, "--cacert", leafCA, "--cert", leafCert, "--key", leafKey,
		"--connect-to", appTLSName+":"+port+":"+first, "https://"+appTLSName+":"+port+path)
}

// askAppPlain prints what the host serves: "plain" where the application is set up
// without TLS, "open" where it serves both, "closing" where plain HTTP ends by
// itself, else "tls".
const askAppPlain = `open=
if [ -e ` + appPlain + ` ]; then open=closing; [ "$(stat -c %Y -- ` + appPlain + `)" -le $(($(date +%s)+90)) ] || open=open; fi
if [ -f ` + appUnit + ` ] && [ "$open" != open ] && ! grep -q -F ` + appTLSConf + ` ` + appUnit + `; then echo plain
else echo "${open:-tls}"; fi
`

// appPlainServed lets a host that is set up without TLS serve both, before its
// unit is rewritten: web servers turn to TLS one after another.
func appPlainServed() resource.Resource {
	return resource.Custom{Name: resource.NewID("app-plain", "served"), In: resource.Prepare, Ask: askAppPlain, Compare: func(o resource.Observed) (resource.Change, error) {
		if o.State != resource.Present || strings.TrimSpace(o.Get("out")) != "plain" {
			return resource.Change{}, nil
		}
		return resource.Change{Action: resource.Create, Reason: "the application turns to TLS, and web servers that still speak plain HTTP are served until they do",
			Fields: []resource.Field{{Name: "plain HTTP", New: "served beside TLS"}},
			Steps:  []resource.Step{resource.Run{Title: "serve plain HTTP as well as TLS", Script: ": >>" + appPlain + "\ntouch -d '+10 years' -- " + appPlain + "\n"}}}, nil
	}}
}

// appSpeaksTLS is an error when nginx would speak TLS to a host that the run
// leaves as it is, and that does not speak it yet.
func appSpeaksTLS(s *play.Site) error {
	if !s.Wants("nginx") {
		return nil
	}
	for _, h := range s.Inv.Group(inventory.App) {
		changes, owned := s.Selected(h.Name) && s.Wants("app"), s.Facts[h.Name].Owned
		if !changes && slices.Contains(owned, "file:"+appUnit) && !slices.Contains(owned, "file:"+appTLSConf) {
			return fmt.Errorf("web servers speak TLS with the application by now, and %s does not yet: deploy the app there first, with -l %s, or everything", h.Name, h.Name)
		}
	}
	return nil
}
