package action

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/internal/lab/library"
	"foobar/internal/monitoring/sumologic/objects"
	"foobar/internal/play"
	"foobar/inventory"
)

// quick answers as the service does, and counts no requests.
func (m *monitored) quick(t *testing.T) {
	t.Helper()
	m.instead = library.New()
	t.Cleanup(func() { m.instead = nil })
}

// converge does all that is to be done in the account, and returns how much that was.
func converge(t *testing.T, b play.Beside) int {
	t.Helper()
	found, err := b.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found.Errands {
		if err := e.Do(t.Context()); err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
	}
	return len(found.Errands)
}

// TestAccountOfASite: with a key, the alerts of the inventory are there after a deploy,
// nothing is to do then, and they go with the site, or with another provider.
func TestAccountOfASite(t *testing.T) {
	for provider, newSite := range map[string]func(*testing.T) *monitored{inventory.SumoLogic: newMonitored, inventory.Datadog: newOrganization} {
		m := newSite(t)
		if provider == inventory.SumoLogic {
			m.quick(t)
		}
		m.tellsSlack(t)
		m.inv.Monitoring.Alerts = m.inv.Monitoring.Alerts[:1]
		all := 4 // with a folder and a connection, or two webhooks, and with a dashboard
		if n := converge(t, beside(t.Context(), m.inv)); n != all {
			t.Errorf("%s: the first deploy does %d things, not %d", provider, n, all)
		}
		if n := converge(t, beside(t.Context(), m.inv)); n != 0 {
			t.Errorf("%s: the second one does %d", provider, n)
		}
		m.inv.Monitoring.Provider = inventory.Prometheus
		if n := converge(t, beside(t.Context(), m.inv)); n != all {
			t.Errorf("%s: with another provider %d things go, not %d", provider, n, all)
		}
		m.inv.Monitoring.Provider = provider
		converge(t, beside(t.Context(), m.inv))
		l, err := (&Remove{}).collectors(t.Context(), m.inv, nil)
		if err != nil {
			t.Fatal(err)
		}
		if l.service != nil {
			l.service.Hurry()
		}
		empty, err := l.beside(t.Context(), m.inv, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := converge(t, empty); n != all {
			t.Errorf("%s: with the site %d things go, not %d", provider, n, all)
		}
	}
}

// accountNamed is at Sumo Logic, unless a name says Datadog.
func accountNamed(t *testing.T, name string) *monitored {
	if strings.HasPrefix(name, "Datadog: ") {
		return newOrganization(t)
	}
	return newMonitored(t)
}

// TestAccountThatIsNotThere: what is wrong is found by the look, and named with its key.
func TestAccountThatIsNotThere(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*monitored)
		code  fault.Code
		says  string
	}{
		"no such variable": {func(*monitored) { os.Unsetenv("ACCESS_KEY") }, "SEC01", "monitoring.access_key"},
		"another key":      {func(*monitored) { os.Setenv("ACCESS_KEY", "wr0ng") }, "MON02", "does not take the access id and key"},
		"no rights":        {func(m *monitored) { m.status = http.StatusForbidden }, "MON02", "give that user the role capability"},
		"a hook unknown": {func(m *monitored) {
			m.inv.Monitoring.Notify = []inventory.Notify{{Kind: inventory.Slack, Address: &inventory.Source{Env: "UNSET_ANYWHERE"}}}
		}, "SEC01", "monitoring.notify"},
		"no roots":                  {func(m *monitored) { m.inv.Monitoring.CA += ".gone" }, fault.LocalFile, "monitoring.ca"},
		"Datadog: no such variable": {func(*monitored) { os.Unsetenv("DD_APP") }, "SEC01", "monitoring.application_key"},
		"Datadog: another key":      {func(*monitored) { os.Setenv("DD_API", "wr0ng") }, "MON02", "does not take the keys"},
		"Datadog: no rights":        {func(m *monitored) { m.status = http.StatusForbidden }, "MON02", "needs the permission"},
		"Datadog: no roots":         {func(m *monitored) { m.inv.Monitoring.CA += ".gone" }, fault.LocalFile, "monitoring.ca"},
	} {
		m := accountNamed(t, name)
		t.Setenv("PEOPLE", "https://hooks.example.com/x")
		m.inv.Monitoring.Notify = []inventory.Notify{{Kind: inventory.Slack, Severity: "warning", Address: &inventory.Source{Env: "PEOPLE"}}}
		c.spoil(m)
		_, err := beside(t.Context(), m.inv).Look(t.Context())
		faulttest.Wants(t, err, c.code)
		if err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "wr0ng")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAccountWhereNobodyIsTold: a key that is for collectors alone, or that is only at hand
// for a removal, stops no deploy where nobody is to be told of alerts; a wrong one does.
func TestAccountWhereNobodyIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*monitored)
		says  string
		fails bool
	}{
		"no such variable": {func(*monitored) { os.Unsetenv("ACCESS_KEY") }, "monitoring.access_key", false},
		"no such file":     {func(m *monitored) { m.inv.Monitoring.AccessKey = inventory.Source{File: "gone"} }, "monitoring.access_key", false},
		"another provider": {func(m *monitored) {
			os.Unsetenv("ACCESS_KEY")
			m.inv.Monitoring.Provider = inventory.Prometheus
			m.inv.Monitoring.Notify = []inventory.Notify{{Kind: inventory.Email, To: []string{"ops@example.com"}}}
		}, "monitoring.access_key", false},
		"no rights":                 {func(m *monitored) { m.status = http.StatusForbidden }, "Manage Monitors", false},
		"another key":               {func(*monitored) { os.Setenv("ACCESS_KEY", "wr0ng") }, "", true},
		"Datadog: no such variable": {func(*monitored) { os.Unsetenv("DD_APP") }, "monitoring.application_key", false},
		"Datadog: no rights":        {func(m *monitored) { m.status = http.StatusForbidden }, "monitors_read", false},
		"Datadog: it is away":       {func(m *monitored) { m.status = http.StatusBadRequest }, "", true},
	} {
		m := accountNamed(t, name)
		c.spoil(m)
		found, err := beside(t.Context(), m.inv).Look(t.Context())
		if (err != nil) != c.fails || !c.fails && (len(found.Errands) > 0 || !strings.Contains(strings.Join(found.Unmanaged, " "), c.says)) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}

// TestNoKeyNoAccount: nobody is asked, and a person is told what that means.
func TestNoKeyNoAccount(t *testing.T) {
	m := newMonitored(t)
	m.inv.Monitoring.AccessID, m.inv.Monitoring.AccessKey = inventory.Source{}, inventory.Source{}
	var said bytes.Buffer
	if beside(t.Context(), m.inv) != nil || len(m.asked) > 0 {
		t.Errorf("without a key the service was asked %v", m.asked)
	}
	if sayKeyless(&Common{Console: Console{Err: &said}}, m.inv); !strings.Contains(said.String(), "foobar docs monitoring.access_key") {
		t.Errorf("it says %q", said.String())
	}
	said.Reset()
	m.inv.Monitoring.Alerts = nil
	if sayKeyless(&Common{Console: Console{Err: &said}}, m.inv); said.String() != "" {
		t.Errorf("without an alert it says %q", said.String())
	}
}

// TestQuestionNamesTheAccount: it is no host, and a person is asked about it, too.
func TestQuestionNamesTheAccount(t *testing.T) {
	m := newMonitored(t)
	r := &Rollout{Request: engine.Request{Inventory: m.inv}}
	change := []event.Change{{Resource: "monitor:disk"}}
	for want, hosts := range map[string][]engine.HostPlan{
		"these 2 changes to www.example.com (1 host and Sumo Logic,": {{Host: "web1", Changes: change}, {Host: objects.Name, Beside: true, Changes: change}},
		"this change to www.example.com (Sumo Logic,":                {{Host: "web1"}, {Host: objects.Name, Beside: true, Changes: change}},
		"this change to www.example.com (1 host,":                    {{Host: "web1", Changes: change}, {Host: objects.Name, Beside: true}},
	} {
		if got := r.Question(&engine.Plan{Hosts: hosts}); !strings.Contains(got, strings.Replace(want, "www.example.com", m.inv.Site.Domain, 1)) {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// told keeps events.
type told []event.Event

func (l *told) Receive(e event.Envelope) { *l = append(*l, e.Event) }

// TestShowKnowsTheAccount: of a saved plan, too.
func TestShowKnowsTheAccount(t *testing.T) {
	var b bytes.Buffer
	saved := engine.Saved{Inventory: "/site.toml", Hosts: []engine.HostPlan{{Host: "web1"}, {Host: objects.Name, Beside: true, Changes: []event.Change{{Resource: "monitor:disk"}}}}}
	if err := engine.WriteSaved(&b, saved); err != nil {
		t.Fatal(err)
	}
	var list told
	v := &Show{File: writeFile(t, "plan", b.String(), 0o600), Console: Console{Err: &bytes.Buffer{}}, To: func() event.Sink { return &list }}
	if err := v.Run(); err != nil {
		t.Fatal(err)
	}
	if started := list[0].(event.RunStarted); started.Beside != objects.Name || strings.Join(started.Hosts, " ") != "web1" {
		t.Errorf("%+v", started)
	}
}
