package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/templates"
)

func TestLetsEncryptFiles(t *testing.T) {
	s, lb := balancerSite(t)
	have := wanted(t, LetsEncrypt{}, s, lb)
	goldenBalancer(t, "letsencrypt/deploy.sh", fileText(t, have, certbotHook))
	goldenBalancer(t, "letsencrypt/answer.sh", fileText(t, have, certbotAnswer))
	goldenBalancer(t, "letsencrypt/certbot.conf", fileText(t, have, certbotDropIn))
	if got := fileText(t, have, certbotCA); got != "the roots\n" {
		t.Errorf("the roots of the authority are %q", got)
	}
	got := have["acme:www.foobar.com"].(resource.ACME)
	if got.Directory != "https://acme.example/dir" || got.CA != certbotCA || strings.Join(got.Names, " ") != "www.foobar.com foobar.com" ||
		got.Deployed != "/etc/haproxy/certs/www.foobar.com.pem" || got.Answer != certbotAnswer {
		t.Errorf("the certificate wanted is %+v", got)
	}
	s.Inv = parsed(t, strings.NewReplacer("acme_directory", "#", "acme_ca", "#").Replace(balancerText))
	have = wanted(t, LetsEncrypt{}, s, s.Inv.Host("lb1"))
	if got := have["acme:www.foobar.com"].(resource.ACME); got.Directory != "https://acme-v02.api.letsencrypt.org/directory" || got.CA != "" {
		t.Errorf("the public authority is %+v", got)
	}
	if strings.Contains(fileText(t, have, certbotDropIn), "REQUESTS_CA_BUNDLE") {
		t.Error("a public authority needs no roots of its own")
	}
}

// TestAnswerToTheAuthority: what certbot gives goes into HAProxy's memory and out
// again, and what is no challenge goes nowhere.
func TestAnswerToTheAuthority(t *testing.T) {
	s, lb := balancerSite(t)
	script := fileText(t, wanted(t, LetsEncrypt{}, s, lb), certbotAnswer)
	const key = "/etc/haproxy/acme.map /.well-known/acme-challenge/to-k_n"
	for name, c := range map[string]struct{ verb, token, answer, told string }{
		"add":               {"add", "to-k_n", "to-k_n.thumb", "del map " + key + "\nadd map " + key + " to-k_n.thumb\n"},
		"del":               {"del", "to-k_n", "to-k_n.thumb", "del map " + key + "\n"},
		"no verb":           {"", "to-k_n", "to-k_n.thumb", ""},
		"another command":   {"add", "x;disable frontend www", "a", ""},
		"another line":      {"add", "x", "a\ndisable frontend www", ""},
		"nothing to add":    {"add", "to-k_n", "", ""},
		"a path of its own": {"add", "../x", "a", ""},
	} {
		text := "set -- " + c.verb + "\nCERTBOT_TOKEN='" + c.token + "' CERTBOT_VALIDATION='" + c.answer + "'\n" + script
		_, told, err := fakeHAProxy(t, text, "", "0")
		if told != c.told || (err != nil) == (c.told != "") {
			t.Errorf("%s: HAProxy was told %q (%v), not %q", name, told, err, c.told)
		}
	}
}

func TestLetsEncryptRefuses(t *testing.T) {
	s, lb := balancerSite(t)
	s.Secrets = map[string]secret.String{}
	if _, err := (LetsEncrypt{}).Resources(s, lb); err == nil || !strings.Contains(err.Error(), "tls.acme_ca") {
		t.Errorf("roots that were not read: %v", err)
	}
}

// hookTest runs the hook on folders of its own, with programs that only write
// down what they were asked.
type hookTest struct {
	t    *testing.T
	root string
	text string
}

func newHookTest(t *testing.T) hookTest {
	root := t.TempDir()
	h := hookTest{t: t, root: root}
	in := func(name string) string { return filepath.Join(root, name) }
	text, err := templates.Render("letsencrypt/deploy.sh.tmpl", hookData{Live: in("live"), PEM: in("site.pem"), Config: in("cfg"),
		CA: in("ca"), Unit: in("unit"), Stamp: in("run/stamp"), Events: in("events"), Event: "renewal", Reload: "echo reload; [ ! -e " + in("bad-reload") + " ]"})
	if err != nil {
		t.Fatal(err)
	}
	h.text = strings.Replace(string(text), "PATH=/usr/sbin:/usr/bin:/sbin:/bin:", "PATH=", 1)
	for name, text := range map[string]string{"cfg": "c", "ca": "a", "unit": "u", "site.pem": "placeholder",
		"bin/logger":    "#!/bin/sh\necho \"$*\" >>" + in("journal") + "\n",
		"events/deploy": "", "bin/haproxy": "#!/bin/sh\n[ ! -e " + in("bad-config") + " ]\n",
		"bin/systemctl": "#!/bin/sh\ncase $* in *InvocationID*) echo inv1;; *InactiveExit*) echo @$(( $(date +%s) + 60 ));; esac\n"} {
		os.MkdirAll(filepath.Dir(in(name)), 0o755)
		if err := os.WriteFile(in(name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.shell("mkdir live; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 -subj / -keyout live/privkey.pem -out live/fullchain.pem 2>/dev/null")
	return h
}

func (h hookTest) shell(script string) (string, error) {
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir, cmd.Env = h.root, append(os.Environ(), "PATH="+h.root+"/bin:"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (h hookTest) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(h.root, name))
	return string(text)
}

func TestHook(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("needs openssl")
	}
	h := newHookTest(t)
	joined := h.read("live/fullchain.pem") + h.read("live/privkey.pem")

	if out, err := h.shell("RENEWED_LINEAGE=/etc/letsencrypt/live/other; export RENEWED_LINEAGE\n" + h.text); err != nil || out != "" || h.read("site.pem") != "placeholder" {
		t.Errorf("a certificate of another domain: %v: %q", err, out)
	}
	h.shell(": >bad-config")
	if out, err := h.shell(h.text); err == nil || strings.Contains(out, "reload") || h.read("site.pem") != "placeholder" {
		t.Errorf("a certificate that HAProxy refuses: %v: %q, %q", err, out, h.read("site.pem"))
	}
	h.shell("rm bad-config; : >bad-reload")
	if _, err := h.shell(h.text); err == nil || h.read("run/stamp") != "" || h.read("journal") != "" {
		t.Errorf("a reload that failed was written down as done: %v", err)
	}
	h.shell("rm bad-reload")
	if out, err := h.shell(h.text); err != nil || out != "reload\n" || h.read("site.pem") != joined {
		t.Fatalf("%v: %q", err, out)
	}
	if said, _ := h.shell("ls events; cat journal"); said != "deploy\nrenewal\n-t foobar {\"v\":1,\"verb\":\"renewal\"}\n" {
		t.Errorf("the marks are %q", said)
	}
	mode, _ := h.shell("stat -c %a site.pem; ls -d site.pem.* 2>/dev/null")
	if mode != "600\n" {
		t.Errorf("mode, and what is left behind: %q", mode)
	}
	sums, _ := h.shell("sha256sum $PWD/cfg $PWD/site.pem $PWD/ca $PWD/unit")
	if _, rest, _ := strings.Cut(h.read("run/stamp"), "\n"); rest != "invocation inv1\n"+sums {
		t.Errorf("the stamp is %q", h.read("run/stamp"))
	}
	// What only a restart loads stays as it was when the process began.
	h.shell("echo changed >unit")
	if out, err := h.shell(h.text); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, rest, _ := strings.Cut(h.read("run/stamp"), "\n"); rest != "invocation inv1\n"+sums {
		t.Errorf("a unit file that was not loaded is written down as loaded: %q", h.read("run/stamp"))
	}
	other := newHookTest(t)
	h.shell("cp " + other.root + "/live/privkey.pem live/privkey.pem")
	if out, err := h.shell(h.text); err == nil || !strings.Contains(out, "does not belong") || h.read("site.pem") != joined {
		t.Errorf("a key of another certificate: %v: %q", err, out)
	}
}
