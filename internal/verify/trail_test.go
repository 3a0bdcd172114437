package verify

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/fault"
	"foobar/internal/monitoring"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
)

var update = flag.Bool("update", false, "write the golden files anew")

func site() *inventory.Inventory {
	inv := &inventory.Inventory{Path: "site.toml", Site: inventory.Site{Name: "foobar", Domain: "www.foobar.com"}, DB: inventory.Database{Engine: "mariadb"}}
	for i, name := range []string{"lb1", "web1", "web2"} {
		h := &inventory.Host{Name: name, Private: []netip.Addr{netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})}, Roles: []string{inventory.Web, inventory.DB}}
		if i == 0 {
			h.Roles = []string{inventory.LB}
		}
		inv.Hosts = append(inv.Hosts, h)
	}
	return inv
}

// prover says that all has arrived, and notes the evidence.
type prover struct{ seen *monitoring.Evidence }

func (prover) Question(_ *inventory.Inventory, _ play.Services, h *inventory.Host) string {
	return "section arrived\n"
}

func (p prover) Prove(e monitoring.Evidence) (out monitoring.Proof) {
	*p.seen = e
	out.Saw("lb1", "the monitoring has it")
	return out
}

// walk is a trail of four requests, each answered: two by each server.
func walk() (*Trail, *monitoring.Evidence) {
	seen := &monitoring.Evidence{}
	t := &Trail{Inv: site(), Services: playbooks.Services(site()), Prover: prover{seen}, Mark: "m4rk", Page: "https://www.foobar.com/", Lost: map[string]error{}}
	for i := range 4 {
		t.Replies = append(t.Replies, Reply{Status: 200, Took: time.Duration(i+1) * time.Millisecond})
	}
	return t, seen
}

// balanced is a line of HAProxy's log, served one of nginx'.
func balanced(n int, server string) string {
	return fmt.Sprintf(`{"ts":1.5,"srv":%q,"status":200,"ua":"foobar-verify\/m4rk (%d)"}`, server, n) // as HAProxy escapes
}

func served(n int, upstream string) string {
	return fmt.Sprintf(`{"msec":1.5,"status":200,"upstream":%q,"ua":"foobar-verify/m4rk (%d)"}`, upstream, n)
}

func logged(service string, lines ...string) *ask.Answer {
	return asktest.Answer(append(append([]string{"", asktest.Token + " begin log " + service}, lines...), "", asktest.Token+" done")...)
}

const app = "127.0.0.1:9000"

// arrived takes in the whole of both logs.
func arrived(t *Trail) {
	for _, when := range []When{Before, Sent, Later} {
		t.Take(when, "lb1", logged("haproxy", balanced(0, "web1"), balanced(1, "web2"), balanced(2, "web1"), balanced(3, "web2")))
		t.Take(when, "web1", logged("nginx", served(0, app), served(2, "")))
		t.Take(when, "web2", logged("nginx", served(1, app), served(3, app)))
	}
}

func missing(p monitoring.Proof) string {
	codes := map[fault.Code]bool{"SVC19": true, "MON03": true, "SSH01": true}
	var lines []string
	for _, m := range p.Missing {
		if !codes[m.Code] {
			lines = append(lines, "another code: ")
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", m.Code, m.Host, m.Text))
	}
	return strings.Join(lines, "\n")
}

// TestTrail: each way to lose a request on the way is told, with the host and a code.
func TestTrail(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*Trail)
		want string
	}{
		"all": {arrived, ""},
		"no answer": {func(t *Trail) {
			arrived(t)
			t.Replies[3] = Reply{Err: errors.New("x509: \x1b[31mexpired")}
		}, "SVC19 : 1 of 4 requests have no answer of the site: x509: expired"},
		"a failure": {func(t *Trail) {
			arrived(t)
			t.Replies[0].Status = 503
		}, "SVC19 : 1 of 4 requests have no answer of the site: the status 503"},
		"a redirect and a refusal are answers": {func(t *Trail) {
			arrived(t)
			t.Replies[0].Status, t.Replies[1].Status = 301, 401
		}, ""},
		"not at the balancer": {func(t *Trail) {
			for _, when := range []When{Before, Sent} {
				t.Take(when, "lb1", logged("haproxy", balanced(1, "web1"), `{"ua":"foobar-verify/m4rk (x)"}`, `{"ua":"foobar-verify/other (0)"}`, `{"ua":`, "no JSON"))
				t.Take(when, "web1", logged("nginx", served(1, app)))
			}
		}, "MON03 lb1: the balancer's log lacks 3 of the 4 requests that were answered"},
		"not at the server": {func(t *Trail) {
			arrived(t)
			delete(t.lines["web2"]["nginx"], 3)
		}, "MON03 web2: the log of nginx lacks 1 of 2 requests that the balancer gave it"},
		"answered by the balancer": {func(t *Trail) {
			t.Take(Sent, "lb1", logged("haproxy", balanced(0, "<NOSRV>"), balanced(1, "<NOSRV>"), balanced(2, "<NOSRV>"), balanced(3, "<NOSRV>")))
		}, ""},
		"a host that is lost": {func(t *Trail) {
			arrived(t)
			t.Lost["web2"] = errors.New("web2: no route")
		}, "SSH01 web2: cannot be asked: no route"},
		"seen once, then rotated away": {func(t *Trail) {
			arrived(t)
			t.Take(Later, "web1", logged("nginx"))
		}, ""},
	} {
		trail, _ := walk()
		c.do(trail)
		if got := missing(trail.Judge()); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestEvidence: the monitoring is asked before, right after and later, and told what stands
// in the logs.
func TestEvidence(t *testing.T) {
	trail, seen := walk()
	first, then, now := logged("haproxy"), logged("haproxy", balanced(0, "web1")), logged("haproxy", balanced(0, "web1"), balanced(1, "web2"))
	trail.Take(Before, "lb1", first)
	trail.Take(Sent, "lb1", then)
	trail.Take(Later, "lb1", now)
	trail.Judge()
	if seen.Before["lb1"] != first || seen.Sent["lb1"] != then || seen.Now["lb1"] != now || seen.Asked("web1") || !seen.Asked("lb1") {
		t.Error("the answers are mixed up")
	}
	lines := map[string]int{}
	for _, l := range seen.Logged {
		lines[l.Host+" "+l.Service.Name] = l.Lines
	}
	if fmt.Sprint(lines) != "map[lb1 haproxy:2 web1 nginx:0 web2 nginx:0]" {
		t.Error(lines)
	}
}

// TestFound: a search must find the lines of each host.
func TestFound(t *testing.T) {
	trail, _ := walk()
	arrived(trail)
	if p := trail.Found(map[string]int{"lb1": 4, "web1": 2, "web2": 2, "": 9}); len(p.Missing) > 0 || len(p.Proved) != 3 {
		t.Errorf("%+v", p)
	}
	if got := missing(trail.Found(map[string]int{"lb1": 4, "web2": 1})); got != "MON03 web1: a search at the monitoring finds 0 of the 2 lines of nginx\nMON03 web2: a search at the monitoring finds 1 of the 2 lines of nginx" {
		t.Error(got)
	}
}

// TestReport: as people and programs see it.
func TestReport(t *testing.T) {
	trail, _ := walk()
	arrived(trail)
	var out bytes.Buffer
	begun := time.Date(2026, 1, 31, 3, 0, 0, 0, time.UTC)
	_ = Plain(&out, trail.Report(trail.Judge(), begun, 4*time.Second))
	trail.Replies[3] = Reply{Err: errors.New("dial tcp: lookup www.foobar.com: no such host")}
	delete(trail.lines["web2"]["nginx"], 3)
	trail.Prover = nil
	out.WriteString("----\n")
	_ = Plain(&out, trail.Report(trail.Judge(), begun, time.Minute))
	out.WriteString("----\n")
	if err := ask.WriteJSON(&out, trail.Report(trail.Judge(), begun, time.Minute)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "report.txt")
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(want, out.Bytes()) {
		t.Errorf("%v; got\n%s", err, out.String())
	}
}

// TestScript: a host's shell finds the marked lines of a log, and of the one that was
// rotated away meanwhile, with their own bytes; and none of others.
func TestScript(t *testing.T) {
	trail, _ := walk()
	dir := t.TempDir()
	script := strings.ReplaceAll(trail.Script(trail.Inv.Hosts[0]), "/var/log/haproxy-access.json", dir+"/log")
	for name, text := range map[string]string{"log.1": "x\n" + balanced(0, "web1") + "\n", "log": balanced(1, "web2") + "\n\xff\x00" + strings.Repeat("y", 1<<20) + "\nfoobar-verify/m4rk2 (1)\n" + balanced(2, "web1")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-u")
	cmd.Stdin = strings.NewReader(ask.Script(asktest.Token, script))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	a := asktest.Answer(strings.Split(string(out), "\n")...)
	if got := a.Lines("log haproxy"); strings.Join(got, "\n") != balanced(0, "web1")+"\n"+balanced(1, "web2")+"\n"+balanced(2, "web1") || !a.Has("arrived") {
		t.Errorf("%q", got)
	}
	if script := trail.Script(trail.Inv.Hosts[1]); !strings.Contains(script, "log=/var/log/nginx/access.json") {
		t.Error(script)
	}
}
