package resource

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// issuedPair is a certificate of 90 days from the first of 2026, and the public
// half of its key. Its subject is empty, as an ACME server may leave it.
func issuedPair(t *testing.T, names ...string) (chain, pub string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return issuedFor(t, key, names...)
}

func issuedFor(t *testing.T, key crypto.Signer, names ...string) (chain, pub string) {
	t.Helper()
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: from.AddDate(0, 0, 90), DNSNames: names}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))
}

const renewalConf = `version = 4.0.0
archive_dir = /etc/letsencrypt/archive/www.foobar.com

[renewalparams]
account = 0123
pref_challs = http-01,
manual_auth_hook = /usr/local/sbin/answer add
manual_cleanup_hook = /usr/local/sbin/answer del
renew_hook = /usr/local/sbin/deploy
server = https://acme.example/dir
authenticator = manual
[[webroot_map]]
server = https://not.this.one/
`

// standaloneConf is what certbot wrote while it listened on a port itself.
const standaloneConf = `version = 4.0.0
archive_dir = /etc/letsencrypt/archive/www.foobar.com

[renewalparams]
account = 0123
http01_port = 8888
http01_address = 127.0.0.1
renew_hook = /usr/local/sbin/deploy
server = https://acme.example/dir
authenticator = standalone
`

func wantedACME() ACME {
	return ACME{Lineage: "www.foobar.com", Names: []string{"www.foobar.com", "foobar.com"}, Directory: "https://acme.example/dir",
		Email: "ops@foobar.com", CA: "/etc/foobar/acme-ca.pem", Answer: "/usr/local/sbin/answer", Hook: "/usr/local/sbin/deploy", Deployed: "/etc/haproxy/certs/www.foobar.com.pem",
		Now: func() time.Time { return time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC) }}
}

func TestACMEDiff(t *testing.T) {
	chain, pub := issuedPair(t, "foobar.com", "www.foobar.com")
	_, otherKey := issuedPair(t, "foobar.com")
	fewer, fewerKey := issuedPair(t, "www.foobar.com")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaChain, rsaPub := issuedFor(t, rsaKey, "foobar.com", "www.foobar.com")
	set := func(kv ...string) Observed {
		o := Observed{State: Present, Attrs: map[string]string{"chain": chain, "pub": pub, "conf": renewalConf, "deployed": "yes"}}
		for i := 0; i < len(kv); i += 2 {
			o.Attrs[kv[i]] = kv[i+1]
		}
		return o
	}
	for name, c := range map[string]struct {
		seen   Observed
		edit   func(*ACME)
		fields string
		asks   bool // the authority
		aside  bool // what there was is put aside
	}{
		"as wanted":           {seen: set()},
		"a key of RSA":        {seen: set("chain", rsaChain, "pub", rsaPub)},
		"nothing yet":         {seen: Observed{State: Absent}, fields: "certificate names", asks: true, aside: true},
		"another name":        {seen: set("chain", fewer, "pub", fewerKey), fields: "names", asks: true},
		"another authority":   {seen: set(), edit: func(a *ACME) { a.Directory = "https://other/" }, fields: "authority", asks: true, aside: true},
		"of another key":      {seen: set("pub", otherKey), fields: "certificate", asks: true, aside: true},
		"no key":              {seen: set("pub", ""), fields: "certificate", asks: true, aside: true},
		"no certificate":      {seen: set("chain", ""), fields: "certificate", asks: true, aside: true},
		"no renewal":          {seen: set("conf", ""), fields: "certificate", asks: true, aside: true},
		"a third of it left":  {seen: set(), edit: func(a *ACME) { a.Now = func() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) } }},
		"a fifth of it left":  {seen: set(), edit: func(a *ACME) { a.Now = func() time.Time { return time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC) } }, fields: "ends", asks: true},
		"and it is late":      {seen: set("conf", "renew_before_expiry = 5 days\n"+renewalConf), edit: func(a *ACME) { a.Now = func() time.Time { return time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC) } }, fields: "ends renewal: renew_before_expiry", asks: true},
		"not deployed":        {seen: set("deployed", "no"), fields: "/etc/haproxy/certs/www.foobar.com.pem"},
		"another hook":        {seen: set(), edit: func(a *ACME) { a.Hook = "/usr/local/sbin/new" }, fields: "renewal: renew_hook"},
		"hooks by hand":       {seen: set("conf", strings.Replace(renewalConf, "account", "pre_hook = systemctl stop haproxy\npost_hook = curl evil\nautorenew = False\naccount", 1)), fields: "renewal: pre_hook renewal: post_hook renewal: autorenew"},
		"another installer":   {seen: set("conf", strings.Replace(renewalConf, "account", "installer = nginx\nkey_type = rsa\nreuse_key = True\nelliptic_curve = secp384r1\naccount", 1)), fields: "renewal: installer"},
		"what fails at night": {seen: set("conf", strings.Replace("renew_before_expiry = 5 days\n"+renewalConf, "account", "must_staple = True\nallow_subset_of_names = True\naccount", 1)), fields: "renewal: must_staple renewal: allow_subset_of_names renewal: renew_before_expiry"},
		"defaults, written":   {seen: set("conf", strings.Replace(renewalConf, "account", "pre_hook = None\nautorenew = True\nmust_staple = False\naccount", 1))},
		"a hook that came":    {seen: set("hooks", "/etc/letsencrypt/renewal-hooks/pre/eve\n/etc/letsencrypt/renewal-hooks/post/ours").With(func(f string) bool { return strings.HasSuffix(f, "eve") }), fields: "hook"},
		"hooks from before":   {seen: set("hooks", "/etc/letsencrypt/renewal-hooks/pre/eve\n")},
		"hook and deployment": {seen: set("deployed", "no", "conf", strings.Replace(renewalConf, "answer add", "answer", 1)), fields: "renewal: manual_auth_hook /etc/haproxy/certs/www.foobar.com.pem"},
		"listens by itself":   {seen: set("conf", standaloneConf), fields: "renewal: authenticator renewal: pref_challs renewal: manual_auth_hook renewal: manual_cleanup_hook"},
	} {
		a := wantedACME()
		if c.edit != nil {
			c.edit(&a)
		}
		got, err := a.Diff(c.seen)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var fields []string
		for _, f := range got.Fields {
			fields = append(fields, f.Name)
		}
		script := ""
		for _, s := range got.Steps {
			script += s.(Run).Script
		}
		if strings.Join(fields, " ") != c.fields || strings.Contains(script, "certonly") != c.asks || strings.Contains(script, "/.foobar-kept") != c.aside {
			t.Errorf("%s: fields %q, not %q; script:\n%s", name, fields, c.fields, script)
		}
		if strings.Contains(script, "force") {
			t.Errorf("%s: the authority is asked more than it likes", name)
		}
	}
	if c, err := wantedACME().Diff(Observed{Reason: "openssl is not installed"}); err != nil || !c.Provisional || len(c.Steps) > 0 {
		t.Errorf("unknown gave %+v, %v", c, err)
	}
	if _, err := (ACME{Lineage: "x", Names: []string{"x"}}).Diff(Observed{State: Absent}); err == nil {
		t.Error("a certificate of no authority was accepted")
	}
}

// certbotSays runs a script in a folder of its own, with a certbot that does as told.
func certbotSays(t *testing.T, a ACME, script, certbot string) (string, error) {
	t.Helper()
	bin := t.TempDir()
	for name, text := range map[string]string{"certbot": certbot, "sleep": ":\n", "hook": "echo hooked $RENEWED_LINEAGE\n"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-eu")
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	script = strings.ReplaceAll(script, a.Hook, filepath.Join(bin, "hook"))
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(script, certbotDir, os.Getenv("R")))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestACMEFailureGivesTheReason(t *testing.T) {
	t.Setenv("R", t.TempDir())
	a := wantedACME()
	for name, c := range map[string]struct{ say, want string }{
		"the authority refuses": {`echo 'Saving debug log to /var/log/letsencrypt/letsencrypt.log
Certbot failed to authenticate some domains (authenticator: standalone). The Certificate Authority reported these problems:
  Domain: www.foobar.com
  Type:   connection
  Detail: 203.0.113.10: Connection refused

Ask for help or search for solutions at https://community.letsencrypt.org.'
exit 1`, "www.foobar.com: 203.0.113.10: Connection refused\n"},
		"something else": {"echo 'Saving debug log to x'; echo 'An unexpected error occurred:'; echo 'no route'; exit 1", "An unexpected error occurred:\nno route\n"},
		"another runs":   {"echo 'Another instance of Certbot is already running.'; exit 1", "Another instance of Certbot is already running.\n"},
	} {
		out, err := certbotSays(t, a, a.issue(&x509.Certificate{}).Script, c.say)
		_, reason, _ := strings.Cut(out, "the reason:\n")
		if err == nil || reason != c.want {
			t.Errorf("%s: %v: %q, not %q", name, err, out, c.want)
		}
	}
}

func TestACMEAsideComesBack(t *testing.T) {
	root := t.TempDir()
	t.Setenv("R", root)
	a := wantedACME()
	a.Deployed = filepath.Join(root, "deployed.pem")
	write := func() {
		for _, f := range []string{"live/www.foobar.com/fullchain.pem", "live/www.foobar.com/privkey.pem", "archive/www.foobar.com/x", "renewal/www.foobar.com.conf"} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(root, f)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(root, f), []byte("old\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	has := func(f string) bool { _, err := os.Stat(filepath.Join(root, f)); return err == nil }
	write()
	if out, err := certbotSays(t, a, a.issue(nil).Script, `[ ! -e $R/live/www.foobar.com ] || echo "it is still there"; mkdir -p $R/live/www.foobar.com; exit 1`); err == nil || strings.Contains(out, "still there") {
		t.Fatalf("%v: %s", err, out)
	}
	if !has("live/www.foobar.com/fullchain.pem") || !has("archive/www.foobar.com/x") || !has("renewal/www.foobar.com.conf") {
		t.Error("what was put aside did not come back")
	}
	out, err := certbotSays(t, a, a.issue(nil).Script, `mkdir -p $R/live/www.foobar.com; cd $R/live/www.foobar.com; echo new >fullchain.pem; echo new >privkey.pem`)
	if err != nil || out != "hooked "+root+"/live/www.foobar.com\n" {
		t.Errorf("a hook that had not done its work was not run again: %v: %q", err, out)
	}
	if has(".foobar-kept") {
		t.Error("what was replaced is still there")
	}
	write() // a run that was cut off put it aside
	if err := os.Mkdir(filepath.Join(root, ".foobar-kept"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"live", "archive", "renewal"} {
		os.Rename(filepath.Join(root, d), filepath.Join(root, ".foobar-kept", d))
	}
	if out, err := certbotSays(t, a, a.issue(nil).Script, "exit 1"); err == nil || !has("live/www.foobar.com/fullchain.pem") || !has("renewal/www.foobar.com.conf") {
		t.Errorf("what a run that was cut off put aside did not come back: %v: %s", err, out)
	}
	os.RemoveAll(filepath.Join(root, "live")) // somebody removed all but the archive, which certbot does not take over
	os.RemoveAll(filepath.Join(root, "renewal"))
	if out, err := certbotSays(t, a, a.issue(nil).Script, `[ ! -e $R/archive/www.foobar.com ] || echo "archive directory exists"; exit 1`); err == nil || strings.Contains(out, "directory exists") {
		t.Errorf("%v: %s", err, out)
	}
	os.MkdirAll(filepath.Join(root, "live/www.foobar.com"), 0o700)
	os.WriteFile(filepath.Join(root, "live/www.foobar.com/fullchain.pem"), []byte("new\n"), 0o600)
	os.WriteFile(filepath.Join(root, "live/www.foobar.com/privkey.pem"), []byte("new\n"), 0o600)
	os.WriteFile(a.Deployed, []byte("new\nnew\n"), 0o600)
	if out, err := certbotSays(t, a, a.deploy(), ":"); err != nil || out != "" {
		t.Errorf("a hook that had done its work was run again: %v: %q", err, out)
	}
}

// TestACMEAsksAsBefore: what is kept keeps its kind of key, which certbot refuses to change
// where it reuses that, and of several accounts one is named, as nobody answers certbot.
func TestACMEAsksAsBefore(t *testing.T) {
	root, a := t.TempDir(), wantedACME()
	t.Setenv("R", root)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for want, cert := range map[string]*x509.Certificate{
		"--key-type ecdsa": nil, "--key-type rsa --rsa-key-size 4096": {PublicKey: &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 4095), E: 3}},
		"--key-type ecdsa --elliptic-curve secp384r1": {PublicKey: p384.Public()},
	} {
		if script := a.issue(cert).Script; !strings.Contains(script, " "+want+"\n") {
			t.Errorf("no %s:\n%s", want, script)
		}
	}
	for i, c := range []struct{ accounts, conf, want string }{
		{"one", "", ""}, {"one two", "", "--account two"}, {"one two", "account = one", "--account one"}, {"one two", "account = gone", "--account two"},
	} {
		for n, name := range strings.Fields(c.accounts) {
			file := filepath.Join(root, "accounts/acme.example/dir", name, "regr.json")
			at := time.Unix(int64(1e9+n), 0)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600), os.Chtimes(file, at, at),
				os.MkdirAll(filepath.Join(root, "renewal"), 0o700), os.WriteFile(filepath.Join(root, "renewal", a.Lineage+".conf"), []byte(c.conf+"\n"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if out, _ := certbotSays(t, a, a.issue(&x509.Certificate{}).Script, `p=''; for w; do [ "$p" != --account ] || echo "--account $w"; p=$w; done; exit 1`); strings.Contains(out, "--account") != (c.want != "") || !strings.Contains(out, c.want) {
			t.Errorf("%d: no %q: %s", i, c.want, out)
		}
	}
}

func TestACMEMend(t *testing.T) {
	root := t.TempDir()
	t.Setenv("R", root)
	a := wantedACME()
	conf := filepath.Join(root, "renewal", a.Lineage+".conf")
	if err := os.MkdirAll(filepath.Dir(conf), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, []byte("renew_before_expiry = 5 days\n"+strings.Replace(standaloneConf, "renew_hook = /usr/local/sbin/deploy\n", "post_hook = curl evil\ninstaller = nginx\nkey_type = rsa\nreuse_key = True\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	a.Hook = "/opt/hook & co"
	if out, err := certbotSays(t, ACME{Hook: "none"}, a.mend(a.renewal()).Script, ":"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, _ := os.ReadFile(conf)
	got := renewalParams(string(text))
	for _, p := range a.renewal() {
		if got[p.key] != p.value || strings.Count(string(text), p.key+" = ") != min(len(p.value), 1) {
			t.Errorf("%s is %q, not %q:\n%s", p.key, got[p.key], p.value, text)
		}
	}
	if strings.Contains(string(text), "http01_") || strings.Contains(string(text), "8888") {
		t.Errorf("the port is still there:\n%s", text)
	}
	if got["account"] != "0123" || got["key_type"] != "rsa" || got["reuse_key"] != "True" || got["server"] != "https://acme.example/dir" {
		t.Errorf("other lines were lost:\n%s", text)
	}
}

// TestACMEAddressIsNoOption: an e-mail address may begin with dashes, and is one
// word with its option then.
func TestACMEAddressIsNoOption(t *testing.T) {
	a := wantedACME()
	a.Email = "--ops@foobar.com"
	if script := a.issue(&x509.Certificate{}).Script; !strings.Contains(script, " --email=--ops@foobar.com ") && !strings.Contains(script, " '--email=--ops@foobar.com' ") {
		t.Errorf("the address stands alone:\n%s", script)
	}
}

// TestACMEShowsHooksOfItsSettings: what cli.ini has certbot run, and what counts before the
// site's own renewal, is shown and stays.
func TestACMEShowsHooksOfItsSettings(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cli.ini"), []byte("# pre-hook = no\nmax-log-backups = 0\npre-hook = systemctl stop haproxy\npost-hook=systemctl start haproxy\neab-hmac-key = k\n  server: x\n--standalone\n;nginx\ntest-cert\nwebroot-path = /x\nrenew-by-default = True\ndns_rfc2136 true"), 0o644); err != nil {
		t.Fatal(err)
	}
	a := wantedACME()
	script := prelude + acmeKind{}.Script([][]string{{a.Lineage, a.Deployed}})
	out, err := exec.Command("sh", "-c", "ask_kind=1\nsection(){ printf '<%s>\\n' \"$*\"; }\n"+strings.Replace(script, certbotDir, dir, 1)).Output()
	if err != nil || !strings.Contains(string(out), "cli>\npre-hook = systemctl stop haproxy\npost-hook=systemctl start haproxy\nserver: x\n--standalone\ntest-cert\nrenew-by-default = True\ndns_rfc2136 true\n") {
		t.Errorf("%v\n%s", err, out)
	}
	got := a.Unmanaged(Observed{State: Absent, Attrs: map[string]string{"cli": "pre-hook = systemctl stop haproxy\nserver = " + a.Directory + "\ntest-cert\n"}})
	if !slices.Equal(got, []string{"/etc/letsencrypt/cli.ini has certbot run at every renewal: pre-hook = systemctl stop haproxy", "/etc/letsencrypt/cli.ini overrides how the site's certificate is renewed; remove from it: test-cert"}) {
		t.Errorf("shown: %q", got)
	}
}

// TestACMELooksWhoseFilesTheyAre: certbot renews neither a copy of another server's files,
// which has no links any more, nor for an account that is not there.
func TestACMELooksWhoseFilesTheyAre(t *testing.T) {
	a := wantedACME()
	for name, c := range map[string]struct {
		make string
		want bool
	}{
		"certbot's own": {"mkdir -p accounts/acme.example/v2/DV90/abc; echo account = abc >renewal/$l.conf", true},
		"no account":    {"echo account = abc >renewal/$l.conf", false},
		"a copy":        {"cd live/$l; for f in *; do cp -L $f x; mv x $f; done", false},
	} {
		dir := t.TempDir()
		make := exec.Command("sh", "-euc", "l="+a.Lineage+"; mkdir -p live/$l archive/$l renewal; for f in cert chain fullchain privkey; do echo CERT >archive/$l/${f}1.pem; ln -s ../../archive/$l/${f}1.pem live/$l/$f.pem; done; echo >renewal/$l.conf; "+c.make)
		make.Dir = dir
		if out, err := make.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		script := prelude + acmeKind{}.Script([][]string{{a.Lineage, a.Deployed}})
		out, err := exec.Command("sh", "-c", "ask_kind=1\nsection(){ printf '<%s>\\n' \"$*\"; }\n"+strings.Replace(script, certbotDir, dir, 1)).CombinedOutput()
		if got := strings.Contains(string(out), " chain>\n"); err != nil || got != c.want {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestACMELooksAtWhatIsDeployed: the file that HAProxy reads is compared with certbot's
// two, whichever kind of key is in them.
func TestACMELooksAtWhatIsDeployed(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	a, key := wantedACME(), "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6EwV1wNDItIID+i4\n-----END PRIVATE KEY-----\n"
	for text, want := range map[string]string{"chain\n" + key: "yes", "chain\n": "no"} {
		dir := t.TempDir()
		live := filepath.Join(dir, "live", a.Lineage)
		if err := os.MkdirAll(live, 0o700); err != nil {
			t.Fatal(err)
		}
		deployed := filepath.Join(dir, "deployed.pem")
		for name, text := range map[string]string{filepath.Join(live, "fullchain.pem"): "chain\n", filepath.Join(live, "privkey.pem"): key, deployed: text} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		script := prelude + acmeKind{}.Script([][]string{{a.Lineage, deployed}})
		out, err := exec.Command("sh", "-c", "ask_kind=1\nsection(){ printf '<%s>\\n' \"$*\"; }\n"+strings.Replace(script, certbotDir, dir, 1)).Output()
		if err != nil || !strings.Contains(string(out), "0\tdeployed\t"+want+"\n") {
			t.Errorf("not %q: %v\n%s", want, err, out)
		}
	}
}

// TestACMEAgreesWithCertbot: a certificate is due for foobar only when it is for certbot,
// also for one before version 4, which renews 30 days before the end.
func TestACMEAgreesWithCertbot(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for days, due := range map[int]int{90: 22, 199: 29, 397: 29, 6: 1} {
		cert := &x509.Certificate{NotBefore: begin, NotAfter: begin.AddDate(0, 0, days)}
		for left, want := range map[int]bool{due: true, due + 2: false} {
			a := ACME{Now: func() time.Time { return cert.NotAfter.AddDate(0, 0, -left) }}
			if a.ending(cert) != want {
				t.Errorf("of %d days, %d left: due is %v", days, left, !want)
			}
		}
	}
}
