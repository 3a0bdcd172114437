package prometheus_test

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/prometheus"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
)

// twoHosts is a balancer with Prometheus, and a web server.
func twoHosts() *inventory.Inventory {
	return &inventory.Inventory{Path: "site.toml", Site: inventory.Site{Name: "foobar", Domain: "www.foobar.com"},
		Monitoring: inventory.Monitoring{Enabled: true, Provider: inventory.Prometheus}, DB: inventory.Database{Engine: "mariadb"},
		Hosts: []*inventory.Host{{Name: "lb1", Private: []netip.Addr{netip.MustParseAddr("10.0.0.1")}, Roles: []string{inventory.LB}}, {Name: "web1", Private: []netip.Addr{netip.MustParseAddr("10.0.0.2")}, Roles: []string{inventory.Web, inventory.DB}}}}
}

// says is an answer of Prometheus at a time, in seconds: series "ask job instance value".
func says(now int, series ...string) *ask.Answer {
	text := fmt.Sprintf(`{"metric":{"ask":"now"},"value":[1,"%d.5"]}`, now)
	for _, s := range series {
		f := strings.Fields(s)
		text += fmt.Sprintf(`,{"metric":{"ask":%q,"job":%q,"instance":%q},"value":[1,%q]}`, f[0], f[1], f[2], f[3])
	}
	return said(`{"status":"success","data":{"resultType":"vector","result":[` + text + `]}}`)
}

func said(text string) *ask.Answer {
	return asktest.Answer("", asktest.Token+" begin prometheus", text, "", asktest.Token+" done")
}

// well is what Prometheus says when it has looked at all hosts at a time.
func well(at int) []string {
	var list []string
	for _, t := range []string{"node lb1", "haproxy lb1", "node web1", "mysql web1", "nginx web1"} {
		list = append(list, "up "+t+" 1", fmt.Sprintf("at %s %d", t, at))
	}
	return list
}

// TestProve: what is missing until Prometheus has looked at every exporter since the
// requests and counts as many as were logged.
func TestProve(t *testing.T) {
	inv := twoHosts()
	services := playbooks.Services(inv)
	counts := func(haproxy, nginx int) []string {
		return []string{fmt.Sprintf("requests haproxy lb1 %d", haproxy), fmt.Sprintf("requests nginx web1 %d", nginx)}
	}
	for name, c := range map[string]struct {
		now  *ask.Answer
		want string
	}{
		"all":                     {says(130, append(well(125), counts(18, 28)...)...), ""},
		"not looked since":        {says(130, append(well(119), counts(10, 20)...)...), "since the requests"},
		"one is down":             {says(130, append(append(well(125), counts(18, 28)...), "up nginx web1 0")...), "web1: Prometheus on lb1 gets no metrics of nginx"},
		"one is not asked":        {says(130, append(well(125)[:8], counts(18, 28)...)...), "web1: Prometheus on lb1 does not ask for its metrics of nginx"},
		"too few requests":        {says(130, append(well(125), counts(17, 28)...)...), "lb1: Prometheus on lb1 counts 7 more requests of haproxy, where at least 8 came"},
		"counters begun anew":     {says(130, append(well(125), counts(3, 28)...)...), "counts 0 more requests of haproxy"},
		"no answer":               {said("curl: (7) Failed to connect"), "Prometheus does not answer: curl: (7)"},
		"a refusal":               {said(`{"status":"error","error":"parse \u001b[31merror"}`), "Prometheus does not take the question: parse error"},
		"another thing":           {said(`{"status":"success","data":{"result":[{"metric":{},"value":[1,"x"]},{"metric":{},"value":[1,"NaN"]}]}}`), "does not say what time it is"},
		"cut in the middle":       {said(`{"status":"success","data":{"result":[{"met`), "Prometheus does not answer"},
		"an answer of other form": {said(`{"status":"success","data":{"result":"many"}}`), "Prometheus does not answer"},
	} {
		before, sent := says(100, append(well(95), counts(10, 20)...)...), says(120, append(well(110), counts(10, 20)...)...)
		e := monitoring.Evidence{Inv: inv, Services: services, Before: map[string]*ask.Answer{"lb1": before}, Sent: map[string]*ask.Answer{"lb1": sent}, Now: map[string]*ask.Answer{"lb1": c.now}}
		for host, list := range services {
			for _, s := range list {
				if s.Exporter.Requests != "" {
					e.Logged = append(e.Logged, monitoring.Logged{Host: host, Service: s, Lines: 8})
				}
			}
		}
		p := prometheus.Provider{}.Prove(e)
		var lines []string
		for _, m := range p.Missing {
			if m.Code != "MON04" || m.Next == "" || strings.Contains(m.Text, "\x1b") {
				t.Errorf("%s: %+v", name, m)
			}
			lines = append(lines, m.Host+": "+m.Text)
		}
		if got := strings.Join(lines, "\n"); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: %s", name, got)
		}
		if c.want == "" && len(p.Proved) != 3 {
			t.Errorf("%s: proved %+v", name, p.Proved)
		}
	}
}

// TestQuestion: Prometheus alone is asked, and for the counters of all servers.
func TestQuestion(t *testing.T) {
	inv := twoHosts()
	services := playbooks.Services(inv)
	p := prometheus.Provider{}
	if got := p.Question(inv, services, inv.Hosts[1]); got != "" {
		t.Errorf("web1 is asked %s", got)
	}
	got := p.Question(inv, services, inv.Hosts[0])
	for _, want := range []string{"haproxy_frontend_http_requests_total", "nginx_http_requests_total", "timestamp(up)", "127.0.0.1:9090"} {
		if !strings.Contains(got, want) {
			t.Errorf("lb1 is not asked for %s: %s", want, got)
		}
	}
}

// TestArrivals: the ages of the data of all hosts, as Prometheus tells them.
func TestArrivals(t *testing.T) {
	inv := twoHosts()
	var ask play.Arrivals
	for _, s := range playbooks.Services(inv).On("lb1") {
		if s.Arrivals.Script != "" {
			ask = s.Arrivals
		}
	}
	got := ask.Read([]string{`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"instance":"lb1"},"value":[1,"3.5"]},{"metric":{"instance":"web1"},"value":[1,"-0.1"]},{"metric":{"instance":"web2"},"value":[1,"1e14"]}]}}`}, time.Time{})
	want := map[string]play.Arrival{"lb1": {Age: 3500 * time.Millisecond, Known: true}, "web1": {Known: true}}
	for host, w := range want {
		if got[host] != w {
			t.Errorf("%s: %+v", host, got[host])
		}
	}
	if got["web2"].Known || len(ask.Read([]string{"curl: (7)"}, time.Time{})) > 0 {
		t.Errorf("%+v", got)
	}
}

// TestAlarmed: only a receiver counts that Alertmanager has noted as told of the very alert.
func TestAlarmed(t *testing.T) {
	inv := twoHosts()
	const mark = "foobar-verify/abc"
	tell := func(receivers, log string, failures ...string) *ask.Answer {
		all := append([]string{"", asktest.Token + " begin told", base64.StdEncoding.EncodeToString([]byte(log)), asktest.Token + " begin failures"}, failures...)
		return asktest.Answer(append(all, "", asktest.Token+" begin receivers", receivers, "", asktest.Token+" done")...)
	}
	const both = `[{"name":"nobody"},{"name":"webhook-1"},{"name":"email-2"}]`
	hook, mail := logged(mark, "webhook-1"), logged(mark, "email-2")
	failed := func(n int) string {
		return fmt.Sprintf(`alertmanager_notification_requests_failed_total{integration="email",reason="other"} %d`, n)
	}
	before := tell(both, "", failed(3))
	for name, c := range map[string]struct {
		now            *ask.Answer
		proved, lacked string
	}{
		"to all":           {tell(both, logged("", "webhook-1")+hook+mail, failed(3)), "webhook-1,email-2", ""},
		"not yet":          {tell(both, "", failed(3)), "", "has not given the test alert to webhook-1 yet,email-2 yet"},
		"another alert":    {tell(both, logged("foobar-verify/abd", "webhook-1")+logged("", "email-2"), failed(3)), "", "webhook-1 yet,email-2 yet"},
		"failed":           {tell(both, hook, failed(5)), "webhook-1", "could not give the test alert to email-2: since it was raised, 2 requests by email failed"},
		"log cut":          {tell(both, hook+mail[:len(mail)-1], failed(3)), "webhook-1", "email-2 yet"},
		"log of otherwise": {tell(both, "\xff\xff\xff", failed(3)), "", "webhook-1 yet,email-2 yet"},
		"nobody":           {tell(`[{"name":"nobody"}]`, ""), "", "reach nobody"},
		"no answer":        {tell("curl: (7) refused", hook), "", "does not tell of its receivers: curl: (7) refused"},
	} {
		p, over := prometheus.Provider{}.Alarmed(inv, mark, before, c.now)
		if over != (name == "nobody" || c.lacked == "") {
			t.Errorf("%s: over %v", name, over)
		}
		proved, lacked := "", ""
		for _, f := range p.Proved {
			proved += f.Text
		}
		for _, m := range p.Missing {
			lacked += m.Text
			if m.Code != "MON05" || m.Next == "" {
				t.Errorf("%s: %+v", name, m)
			}
		}
		for got, want := range map[string]string{proved: c.proved, lacked: c.lacked} {
			for part := range strings.SplitSeq(want, ",") {
				if !strings.Contains(got, part) || (got == "") != (want == "") {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		}
	}
}

// logged is an entry of Alertmanager's log of notifications.
func logged(mark, receiver string) string {
	bytes := func(n protowire.Number, text string) string {
		return string(protowire.AppendString(protowire.AppendTag(nil, n, protowire.BytesType), text))
	}
	key := `{}/{severity="critical"}:{alertname="FoobarVerify"}`
	if mark != "" {
		key = `{}/{severity="critical"}:{alertname="FoobarVerify", mark="` + mark + `"}`
	}
	to := bytes(1, receiver) + bytes(2, "webhook") + string(protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), 0))
	return string(protowire.AppendString(nil, bytes(1, bytes(1, key)+bytes(2, to)+bytes(5, "time"))+bytes(2, "expires")))
}
