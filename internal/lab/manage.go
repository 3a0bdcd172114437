package lab

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"strings"

	"foobar/internal/lab/intake"
)

// apiFile holds the URL of the API for people of the lab's intake.
const apiFile = "api"

// manage serves that API, Sumo Logic's and Datadog's, to this machine's own network, from which nothing reaches the
// lab's: an operator's machine asks it, and no host. After a restart it has the same URL,
// which stands in inventories.
func (l *Lab) manage(servers *group, own *intake.Intake, secure *tls.Config) error {
	var words []string
	for _, name := range []string{"access-id", "access-key"} {
		word, err := os.ReadFile(l.path(name))
		if err != nil {
			return err
		}
		words = append(words, strings.TrimSpace(string(word)))
	}
	before, _ := os.ReadFile(l.path(apiFile))
	address := strings.TrimPrefix(strings.TrimSpace(string(before)), "https://")
	ln, err := net.Listen("tcp", cmp.Or(address, "127.0.0.1:0"))
	if err != nil {
		if ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return err
		}
	}
	one, other := own.Manage(words[0], words[1]), own.Organization(words[1])
	servers.serve(tls.NewListener(ln, secure), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("DD-API-KEY") != "" {
			other.ServeHTTP(w, r)
			return
		}
		one.ServeHTTP(w, r)
	}))
	return os.WriteFile(l.path(apiFile), []byte("https://"+ln.Addr().String()+"\n"), 0o600)
}
