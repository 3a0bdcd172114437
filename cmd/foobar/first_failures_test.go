package main

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/remote/sshtest"
)

var updateFailures = flag.Bool("update", false, "write the screens of failures anew")

// firstFailure is something that meets a first-time operator before anything works.
type firstFailure struct {
	name string
	args []string // of foobar; INV stands for the inventory
	text string   // the inventory
}

// reached are the failures on the way to a host, each with a server that behaves so.
func reached(t *testing.T) []firstFailure {
	one := func(name string, s *sshtest.Server, old, new string) firstFailure {
		servers := []*sshtest.Server{s, nil}
		if s == nil {
			servers[1] = sshtest.Start(t, sshtest.Config{}) // two ports where nobody listens would be one
		}
		path := sshtest.Site(t, servers...)
		raw, err := os.ReadFile(path)
		if err != nil || old != "" && !strings.Contains(string(raw), old) {
			t.Fatalf("%s: %v: no %q in\n%s", name, err, old, raw)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(raw), old, new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return firstFailure{name: name, text: path, args: []string{"exec", "INV", "-l", "lb1", "--timeout", "2s", "--", "true"}}
	}
	key := func(s *sshtest.Server) string { return fmt.Sprintf("identity = %q", s.ClientKeyFile) }
	known := func(s *sshtest.Server) string { return fmt.Sprintf("known_hosts = %q", s.KnownHosts) }
	plain, other := sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})
	locked, public := sshtest.WriteKey(t, "secret")
	foreign, _ := sshtest.WriteKey(t, "")
	encrypted := sshtest.Start(t, sshtest.Config{OnlyKey: public})
	nobody := filepath.Join(t.TempDir(), "known_hosts")
	line := strings.Replace(mustRead(t, other.KnownHosts), fmt.Sprint(other.Port), fmt.Sprint(plain.Port), 1)
	changed := writeFile(t, "known_hosts", line, 0o600)
	asks := sshtest.Start(t, sshtest.Config{Sudo: sshtest.SudoAsks, Password: "right"})
	list := []firstFailure{
		one("nothing listens on the port", nil, "", ""),
		one("the host says nothing", sshtest.Start(t, sshtest.Config{Stall: sshtest.AtAccept}), "", ""),
		one("the first connection to a host", plain, known(plain), fmt.Sprintf("known_hosts = %q", nobody)),
		one("the host was reinstalled", plain, known(plain), fmt.Sprintf("known_hosts = %q", changed)),
		one("the wrong key", plain, key(plain), fmt.Sprintf("identity = %q", foreign)),
		one("an encrypted key, and no terminal", encrypted, key(encrypted), fmt.Sprintf("identity = %q", locked)),
		one("sudo asks for a password", asks, "", ""),
		one("the user may not use sudo", sshtest.Start(t, sshtest.Config{Sudo: sshtest.SudoRefuses}), "", ""),
		one("no sudo", sshtest.Start(t, sshtest.Config{Sudo: sshtest.SudoMissing}), "", ""),
		one("become is none, and the login is not root", plain, known(plain), known(plain)+"\nbecome = \"none\""),
		one("the login shell is nologin", sshtest.Start(t, sshtest.Config{Shell: writeFile(t, "nologin", "#!/bin/sh\necho This account is currently not available.\nexit 1\n", 0o755)}), "", ""),
		one("another program has the port", plain, fmt.Sprintf("port = %d", plain.Port), fmt.Sprintf("port = %d", webServer(t))),
		one("the jump host is off", plain, known(plain), known(plain)+"\njump = \"127.0.0.1:1\""),
		one("the proxy command fails", plain, known(plain), known(plain)+"\nproxy_command = \"false\""),
	}
	wrong := one("sudo does not take the password", asks, "", "")
	wrong.args = []string{"exec", "INV", "-K", "-l", "lb1", "--timeout", "2s", "--", "true"}
	return append(list, wrong)
}

// webServer is a port where something else than sshd answers.
func webServer(t *testing.T) int {
	return sshtest.Accept(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
		_, _ = io.Copy(io.Discard, c)
	}).(*net.TCPAddr).Port
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// typed are those of the command line, the inventory and this machine.
func typed(t *testing.T) []firstFailure {
	app := "[app]\nsource = \"./app\"\n"
	secret := func(value string) string { return sshtest.Inventory(t, app, app+"[app.secrets]\nKEY = "+value+"\n") }
	good := sshtest.Inventory(t, "", "")
	pair := t.TempDir()
	for _, name := range []string{"site.pem", "site.key"} {
		if err := os.WriteFile(filepath.Join(pair, name), []byte("not PEM\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plan := []string{"plan", "INV"}
	return []firstFailure{
		{"no inventory is named", []string{"check"}, good},
		{"the inventory is not there", []string{"check", "nowhere.toml"}, good},
		{"a typo in a key", []string{"check", "INV"}, sshtest.Inventory(t, "domain", "domian")},
		{"the app is not there", []string{"check", "INV"}, sshtest.Inventory(t, "./app", "./nowhere")},
		{"a mistyped host", []string{"plan", "INV", "-l", "wbe1"}, good},
		{"deploy from a timer", []string{"deploy", "INV"}, good},
		{"a secret's variable is not set", plan, secret(`{ env = "FOOBAR_UNSET_ANYWHERE" }`)},
		{"a secret's file is not there", plan, secret(`{ file = "nowhere" }`)},
		{"others can read a secret's file", plan, secret(`{ file = "` + writeFile(t, "open", "x", 0o644) + `" }`)},
		{"the password manager is not installed", plan, secret(`{ command = ["no-such-password-manager", "show", "x"] }`)},
		{"the password manager is locked", plan, secret(`{ command = ["false"] }`)},
		{"a certificate that is none", plan, sshtest.Inventory(t, app, app+"[tls]\ncert = \""+pair+"/site.pem\"\nkey = \""+pair+"/site.key\"\n")},
		{"a saved plan of another inventory", []string{"deploy", "--plan", good}, good},
		{"a part of a saved plan", []string{"deploy", "--plan", good, "-l", "web1"}, good},
		{"moving the primary without the master secret", []string{"db", "switchover", "INV", "--to", "web2", "-y"}, good},
	}
}

// printed are what programs on a host print when a first deploy fails there.
func printed() map[string]fault.Output {
	lines := func(kind string, status int, text string) fault.Output {
		return fault.Output{Kind: kind, Status: status, Lines: strings.Split(text, "\n")}
	}
	return map[string]fault.Output{
		"the disk is full":                lines("packages", 100, "E: You don't have enough free space in /var/cache/apt/archives/."),
		"unattended-upgrades is at work":  lines("packages", 100, "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)"),
		"the mirror is down":              lines("packages", 100, "E: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  Connection timed out"),
		"the host has no name server":     lines("packages", 100, "W: Failed to fetch http://mirror.example/debian/dists/trixie/InRelease  Temporary failure resolving 'mirror.example'"),
		"a typo in app.packages":          lines("packages", 100, "E: Unable to locate package python3-flaskk"),
		"the clock is off":                lines("packages", 100, "E: Release file for http://mirror.example/debian/dists/trixie/InRelease is not valid yet (invalid for another 2d 3h)."),
		"dpkg was interrupted":            lines("packages", 100, "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."),
		"Apache has the port":             lines("service", 102, "nginx: [emerg] bind() to 0.0.0.0:443 failed (98: Address already in use)"),
		"no record for the domain":        lines("acme", 106, "www.example.com: DNS problem: NXDOMAIN looking up A for www.example.com - check that a DNS record exists for this domain"),
		"port 80 is closed from outside":  lines("acme", 106, "www.example.com: 203.0.113.10: Fetching http://www.example.com/.well-known/acme-challenge/x: Timeout during connect (likely firewall problem)"),
		"the domain points elsewhere":     lines("acme", 106, "www.example.com: 198.51.100.9: Invalid response from http://www.example.com/.well-known/acme-challenge/x: 404"),
		"the rate limit of the authority": lines("acme", 106, "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, retry after 2026-01-02 03:04:05 UTC"),
		"CAA forbids the authority":       lines("acme", 106, "www.example.com: CAA record for www.example.com prevents issuance"),
		"pip finds no such package":       lines("release", 1, "ERROR: No matching distribution found for flaskk"),
		"pip needs a compiler":            lines("release", 1, "ERROR: Failed to build 'mysqlclient' when getting requirements to build wheel"),
		"the app lacks a module":          lines("service", 102, "ModuleNotFoundError: No module named 'flask'"),
		"the app fails while it starts":   lines("service", 102, "RuntimeError: SECRET_KEY is not set"),
		"the health path answers 404":     lines("service", 103, "/healthz answers 404"),
		"the database refuses the app":    lines("database", 1, "ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.12' (using password: YES)"),
		"the host has too little memory":  lines("packages", 137, "Killed"),
	}
}

// TestFirstFailures: what meets people before anything works, with what they are told,
// in one file for a person to read. Each ends with what to type, or to write, next.
func TestFirstFailures(t *testing.T) {
	here, err := filepath.Abs("testdata/first-failures.txt")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", t.TempDir())
	t.Chdir(t.TempDir())
	var b strings.Builder
	next := regexp.MustCompile(`: \S|add -|write |export |run |name one|chmod|install|see: foobar docs`)
	for _, f := range append(typed(t), reached(t)...) {
		args := append([]string{}, f.args...)
		for i := range args {
			if args[i] == "INV" {
				args[i] = f.text
			}
		}
		out, said, code := foobar(t, args...)
		if code == 0 || out != "" || !next.MatchString(said) {
			t.Errorf("%s: exit %d: %s%s", f.name, code, out, said)
		}
		fmt.Fprintf(&b, "=== %s\n$ foobar %s\n%s", f.name, neutral(strings.Join(f.args, " "), f.text), neutral(said, f.text))
	}
	for _, name := range slices.Sorted(maps.Keys(printed())) {
		code, reason := fault.Classify(printed()[name])
		e, ok := fault.Lookup(code)
		if !ok || code == fault.StepFailed {
			t.Errorf("%s: %s", name, code)
			continue
		}
		hint := e.Hint(fault.Place{Inventory: "site.toml", Host: "web1", Unit: "app"})
		if !next.MatchString(hint) {
			t.Errorf("%s: %s says nothing to type: %s", name, code, hint)
		}
		fmt.Fprintf(&b, "=== %s\n%s [%s]\n%s\n%s\n", name, e.Title, code, reason, hint)
	}
	if *updateFailures {
		if err := os.WriteFile(here, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := mustRead(t, here); want != b.String() {
		t.Errorf("%s differs (go test -update writes it):\n%s", here, strings.Join(planview.Unified(want, b.String()), "\n"))
	}
}

var (
	anyPort  = regexp.MustCompile(`(127\.0\.0\.1\]?:)[0-9]{2,5}`)
	anyKey   = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`)
	anyDir   = regexp.MustCompile(`/[^\s"':,]*/(Test[A-Za-z]+[0-9]+/)?[0-9]{3}/`)
	anyBlob  = regexp.MustCompile(`AAAA[A-Za-z0-9+/=]{20,}`)
	madeKey  = regexp.MustCompile(`(?m)^made .*\n`)
	anySince = regexp.MustCompile(`[0-9]+(\.[0-9]+)?m?s\b`)
)

// neutral is a text without what differs from run to run.
func neutral(text, inventory string) string {
	text = strings.ReplaceAll(text, inventory, "site.toml")
	text = anyPort.ReplaceAllString(text, "${1}22")
	text = anyKey.ReplaceAllString(text, "SHA256:…")
	text = anyBlob.ReplaceAllString(madeKey.ReplaceAllString(text, ""), "AAAA…")
	text = anySince.ReplaceAllString(text, "2s")
	return anyDir.ReplaceAllString(text, "/tmp/")
}
