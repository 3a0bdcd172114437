package roles

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/facts"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
)

func splitSite(t *testing.T) *play.Site {
	return serverSite(t, hostText("front", "10.0.1.1", "web"), hostText("back", "10.0.2.1", "app"), hostText("both", "10.0.3.1", "web", "app"))
}

// leafOf is a certificate of the site for some names, and its key, in one file each.
func leafOf(t *testing.T, ca *pki.CA, dir, file string, names ...string) (cert, key string) {
	t.Helper()
	var keys [2]*ecdsa.PrivateKey // of the host's CA, and its own
	for i := range keys {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = k
	}
	req, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, keys[0])
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := ca.SignIssuer(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: req}), pki.Host{Names: names}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: names,
		Subject: pkix.Name{CommonName: names[0]}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	own, err := x509.CreateCertificate(rand.Reader, leaf, pki.Certificates(issuer)[0], keys[1].Public(), keys[0])
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own}), issuer...)
	der, err := x509.MarshalPKCS8PrivateKey(keys[1])
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, file+".crt"), filepath.Join(dir, file+".key")
	for path, b := range map[string][]byte{cert: text, key: append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), text...)} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// servedApp is gunicorn as a host with the application runs it, at an address
// that is not the loopback's own.
type servedApp struct {
	t       *testing.T
	ca      *pki.CA
	roots   *x509.CertPool
	dir     string
	address string // of the network
	local   string // of the loopback
	plain   string // the file until whose time plain HTTP is served
}

func serveApp(t *testing.T, worker ...string) servedApp {
	const python = "/usr/bin/python3" // the distribution's
	if exec.Command(python, "-c", "import gunicorn, uvicorn").Run() != nil {
		t.Skip("needs gunicorn and uvicorn")
	}
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("this machine has only one loopback address: ", err)
	}
	a := servedApp{t: t, dir: t.TempDir(), address: l.Addr().String(), roots: x509.NewCertPool()}
	a.local, a.plain = strings.Replace(a.address, "127.0.0.2", "127.0.0.1", 1), filepath.Join(a.dir, "plain")
	l.Close()
	s := splitSite(t)
	a.ca = s.CA
	a.roots.AppendCertsFromPEM(s.CA.PEM())
	text := fileText(t, wanted(t, App{}, s, s.Inv.Host("back")), appTLSConf)
	_, key := leafOf(t, s.CA, a.dir, "host", "back.internal", appTLSName)
	conf := strings.NewReplacer(leafKey, key, leafCA, filepath.Join(a.dir, "ca.crt"), appPlain, a.plain).Replace(text)
	for name, text := range map[string]string{"conf.py": conf, "ca.crt": string(s.CA.PEM()), "gunicorn.conf.py": "import os\nraw_env = ['OWN=' + ('yes' if __file__ == os.path.abspath('gunicorn.conf.py') else __file__)]\n",
		"wsgi.py": "import os\ndef app(env, start):\n start('200 OK', [('Content-Type', 'text/plain')])\n return [os.environ.get('OWN', '').encode()]\n" +
			"async def asgi(scope, receive, send):\n if scope['type'] == 'http':\n  await send({'type': 'http.response.start', 'status': 200})\n  await send({'type': 'http.response.body', 'body': os.environ.get('OWN', '').encode()})\n"} {
		if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(python, append([]string{"-m", "gunicorn", "-c", "conf.py", "-w", "1", "-b", a.address, "-b", a.local, "-k"}, worker...)...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = a.dir, &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // ends its workers too
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	for end := time.Now().Add(20 * time.Second); a.get("http://"+a.local) == "refused" && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	return a
}

// get asks with a certificate of the site for the names given, if any.
func (a servedApp) get(url string, names ...string) string {
	c := &tls.Config{RootCAs: a.roots, ServerName: appTLSName}
	if len(names) > 0 {
		pair, err := tls.LoadX509KeyPair(leafOf(a.t, a.ca, a.dir, names[0], names...))
		if err != nil {
			a.t.Fatal(err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		return "refused"
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	return fmt.Sprint(r.StatusCode, " ", string(body))
}

// TestAppLetsInWebServersOnly: whichever kind of worker the inventory asks for.
func TestAppLetsInWebServersOnly(t *testing.T) {
	for name, worker := range map[string][]string{"sync": {"sync", "wsgi:app"}, "threads": {"gthread", "--threads", "4", "wsgi:app"}, "asgi": {"uvicorn.workers.UvicornWorker", "wsgi:asgi"}} {
		t.Run(name, func(t *testing.T) { letsIn(t, serveApp(t, worker...)) })
	}
}

func letsIn(t *testing.T, a servedApp) {
	for _, c := range []struct{ who, got, want string }{
		{"nginx on the same host", a.get("http://" + a.local), "200 yes"},
		{"a web server", a.get("https://"+a.address, "front.internal"), "200 yes"},
		{"the host itself", a.get("https://"+a.address, "back.internal", appTLSName), "200 yes"},
		{"a web server with an application of its own", a.get("https://"+a.address, "both.internal", appTLSName), "refused"},
		{"another host of the site", a.get("https://"+a.address, "db1.internal"), "refused"},
		{"nobody", a.get("https://" + a.address), "refused"},
		{"plain HTTP", a.get("http://" + a.address), "refused"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, not %q", c.who, c.got, c.want)
		}
	}
	later := time.Now().Add(time.Hour)
	if err := errors.Join(os.WriteFile(a.plain, nil, 0o600), os.Chtimes(a.plain, later, later)); err != nil {
		t.Fatal(err)
	}
	if plain, over := a.get("http://"+a.address), a.get("https://"+a.address, "front.internal"); plain != "200 yes" || over != "200 yes" {
		t.Errorf("while both are served: %q over plain HTTP, %q over TLS", plain, over)
	}
	// A renewed certificate needs no restart.
	leafOf(t, a.ca, a.dir, "host", "back.internal", appTLSName, "renewed.internal")
	c, err := tls.Dial("tcp", a.address, &tls.Config{RootCAs: a.roots, ServerName: "renewed.internal"})
	if err != nil {
		t.Fatalf("the renewed certificate is not used: %v", err)
	}
	c.Close()
}

// TestAppTurnsToTLS: what a host that was set up without TLS goes through.
func TestAppTurnsToTLS(t *testing.T) {
	s := splitSite(t)
	back := s.Inv.Host("back")
	list, err := App{}.Resources(s, back)
	if err != nil {
		t.Fatal(err)
	}
	at := func(id resource.ID) int {
		return slices.IndexFunc(list, func(r resource.Resource) bool { return r.ID() == id })
	}
	served, unit := at("app-plain:served"), at(resource.NewID("file", appUnit))
	if served < 0 || unit < served || at(resource.NewID("file", appTLSConf)) > unit || at(resource.NewID("certificate", leafKey)) < 0 {
		t.Fatalf("the unit is at %d, plain HTTP at %d", unit, served)
	}
	ends, err := AppTLSOnly{}.Resources(s, back)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run := func(script string) string {
		script = strings.NewReplacer(appPlain, filepath.Join(dir, "plain"), appUnit, filepath.Join(dir, "app.service"), "systemd-run", ": systemd-run").Replace(script)
		out, err := exec.Command("sh", "-euc", script).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	do := func(r resource.Resource) bool {
		t.Helper()
		custom := resource.Unwrap(r).(resource.Custom)
		look := func() resource.Change {
			c, err := custom.Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": run(custom.Ask)}})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		c := look()
		for _, step := range c.Steps {
			run(step.(resource.Run).Script)
		}
		if !look().Empty() {
			t.Fatalf("%s does not converge", custom.Name)
		}
		return !c.Empty()
	}
	put := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "app.service"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := string(resource.Unwrap(list[unit]).(resource.File).Content)
	if do(list[served]) || do(ends[0]) {
		t.Error("a bare host serves plain HTTP")
	}
	put("ExecStart=/srv/foobar/current/.start -k sync\n")
	if c, _ := ends[0].Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": run(askAppPlain)}}); c.Empty() {
		t.Error("a plan does not say that plain HTTP will end")
	}
	if !do(list[served]) {
		t.Error("web servers that speak plain HTTP are refused")
	}
	put(text)
	if do(list[served]) || !do(ends[0]) || do(ends[0]) || do(list[served]) {
		t.Error("plain HTTP does not end once, and for good")
	}
	if err := os.Remove(filepath.Join(dir, "plain")); err != nil {
		t.Error(err)
	}
	if do(list[served]) || do(ends[0]) {
		t.Error("a host that speaks TLS has something left to do")
	}
}

// TestWebServersWaitForTheApp: nginx does not begin to speak TLS with a host whose app
// does not, and which the run leaves out.
func TestWebServersWaitForTheApp(t *testing.T) {
	s := splitSite(t)
	nginx := func(limit, roles string) error {
		s.Limit, s.Roles = strings.Fields(limit), strings.Fields(roles)
		_, err := Nginx{}.Resources(s, s.Inv.Host("front"))
		return err
	}
	for _, limit := range []string{"", "front"} {
		if err := nginx(limit, ""); err != nil {
			t.Errorf("bare hosts, -l %q: %v", limit, err)
		}
	}
	s.Facts["back"] = facts.Facts{Owned: []string{"file:" + appUnit}}
	for _, c := range []struct {
		limit, roles string
		refused      bool
	}{{"", "", false}, {"front back", "", false}, {"front", "", true}, {"", "nginx", true}, {"", "database app", false}} {
		if err := nginx(c.limit, c.roles); (err != nil) != c.refused || err != nil && !strings.Contains(err.Error(), "-l back") {
			t.Errorf("-l %q --parts %q: %v", c.limit, c.roles, err)
		}
	}
	s.Facts["back"] = facts.Facts{Owned: []string{"file:" + appUnit, "file:" + appTLSConf}}
	if err := nginx("front", ""); err != nil {
		t.Errorf("an application that speaks TLS: %v", err)
	}
}
