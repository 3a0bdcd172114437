package inventory

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/monitoring/alert"
)

// Ways of monitoring.notify.
const (
	Email     = "email"
	Webhook   = "webhook"
	Slack     = "slack"
	PagerDuty = "pagerduty"
)

// Notify is one [[monitoring.notify]]: who is told when an alert is raised, and when it is
// over.
type Notify struct {
	Kind string // Email, Webhook, Slack or PagerDuty
	// Severity is the mildest that is told of; default warning, which is all.
	Severity alert.Severity
	// To are the addresses of an e-mail.
	To []string
	// Smarthost ("smtp.example.com:587") takes the e-mail of a provider that sends none by
	// itself, from From; default foobar@ and the site's domain. User and Password log in
	// there; "" for none.
	Smarthost, From, User string
	Password              *Source
	// URL is a webhook's, or where a webhook's or Slack's comes from.
	URL     string
	Address *Source
	// Key is the integration key of PagerDuty's Events API v2.
	Key *Source
}

// NotifyKey is the path of a key of a place in [[monitoring.notify]], counted from 0, as
// errors and secrets name it: "monitoring.notify[0].url".
func NotifyKey(i int, name string) string {
	return "monitoring.notify" + element(i) + "." + name
}

// NotifySources are the secrets of [[monitoring.notify]], by NotifyKey.
func (m Monitoring) NotifySources() map[string]Source {
	sources := map[string]Source{}
	for i, n := range m.Notify {
		for name, s := range map[string]*Source{"password": n.Password, "url": n.Address, "key": n.Key} {
			if s != nil {
				sources[NotifyKey(i, name)] = *s
			}
		}
	}
	return sources
}

// notify reads [[monitoring.notify]].
func (r *reader) notify(t *table, m *Monitoring) {
	for i, values := range t.tables("notify") {
		one := &table{r: r, at: append(t.key("notify"), element(i)), values: values}
		n := Notify{Severity: alert.Warning}
		severity := string(n.Severity)
		if !one.has("kind") {
			one.wrong("kind", `it needs a way; add kind = "email", "webhook", "slack" or "pagerduty"`)
		}
		good := one.text("kind", &n.Kind, oneOf(Email, Webhook, Slack, PagerDuty))
		one.text("severity", &severity, oneOf(alert.Severities()...))
		n.Severity = alert.Severity(severity)
		one.oneOrMore("to", &n.To, emailAddress)
		one.text("smarthost", &n.Smarthost, smarthost)
		one.text("from", &n.From, emailAddress)
		one.text("user", &n.User, notEmpty)
		n.Password = one.secret("password")
		n.Key = one.secret("key")
		one.webhook(&n)
		one.end()
		if good {
			one.belongs(n, m.Provider)
		}
		m.Notify = append(m.Notify, n)
	}
}

// secret reads where a secret comes from; nil where the table does not say.
func (t *table) secret(name string) *Source {
	var s Source
	if t.source(name, &s) {
		return &s
	}
	return nil
}

// webhook reads a URL, or where it comes from.
func (t *table) webhook(n *Notify) {
	t.r.schema.orSource(t.key("url"))
	if isTable(t.values["url"]) {
		n.Address = t.secret("url")
		return
	}
	if _, plain := t.values["url"].(string); plain && t.values["kind"] == Slack { // not shown: who knows it can write to the channel
		t.known = append(t.known, "url")
		t.wrong("url", "the URL of a Slack webhook is a secret, and an inventory holds none; write where it comes from: %s", sources)
		return
	}
	t.text("url", &n.URL, WebhookURL)
}

// WebhookURL accepts where a notification may go.
func WebhookURL(s string) error {
	base, query, _ := strings.Cut(s, "?")
	if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f }) {
		return fmt.Errorf("%q has a space, a quote or a line end; take it out", s)
	}
	return webURL("https", "http")(base)
}

// belongs refuses what a way needs and does not have, and what it has and does not need.
func (t *table) belongs(n Notify, provider string) {
	ofRelay := []string{"smarthost", "from", "user", "password"}
	keys := map[string]string{"to": Email, "smarthost": Email, "from": Email, "user": Email, "password": Email, "url": Webhook + " " + Slack, "key": PagerDuty}
	for _, name := range []string{"to", "smarthost", "from", "user", "password", "url", "key"} {
		if of := keys[name]; t.has(name) && !strings.Contains(of, n.Kind) {
			t.fault(fault.Contradiction, name, `it belongs to kind = "%s", and this is "%s"; remove the line`, strings.ReplaceAll(of, " ", `" or "`), n.Kind)
		}
	}
	relay := slices.IndexFunc(ofRelay, t.has)
	switch {
	case n.Kind == Email && !t.has("to"):
		t.wrong("to", `an e-mail needs an address; add to = "ops@example.com"`)
	case n.Kind == Email && provider == Prometheus && !t.has("smarthost"):
		t.wrong("smarthost", `Alertmanager hands its e-mail to a mail server; add smarthost = "smtp.example.com:587"`)
	case n.Kind == Email && provider != Prometheus && relay >= 0:
		t.fault(fault.Contradiction, ofRelay[relay], "monitoring.provider is %s, which sends e-mail by itself; remove smarthost, from, user and password", provider)
	case n.Kind == Email && t.has("user") && !t.has("password"):
		t.wrong("password", `whoever logs in at the mail server needs a password; add password = { env = "SMTP_PASSWORD" }`)
	case n.Kind == Email && t.has("password") && !t.has("user"):
		t.wrong("user", `a password needs the name that it belongs to; add user = "alerts"`)
	case (n.Kind == Webhook || n.Kind == Slack) && !t.has("url"):
		t.wrong("url", `it needs the URL that takes the notification; add url = { env = "%s_URL" }`, strings.ToUpper(n.Kind))
	case n.Kind == PagerDuty && !t.has("key"):
		t.wrong("key", `it needs the integration key of a service; add key = { env = "PAGERDUTY_KEY" }`)
	}
	t.nothing("to", `write an address: to = "ops@example.com"`)
}

// smarthost accepts a mail server with its port.
func smarthost(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return fmt.Errorf("%q is not a mail server with its port; write one such as smtp.example.com:587", s)
	}
	if _, bad := netip.ParseAddr(host); bad != nil && host != "localhost" {
		err = domainName(host)
	}
	if n, bad := strconv.Atoi(port); bad != nil || n < 1 || n > 65535 {
		err = cmp.Or(err, fmt.Errorf("%q is not a port; write a number from 1 to 65535", port))
	}
	return err
}

// notifyLoopback refuses a mail server or a webhook on the host of Prometheus itself that
// strict loopback keeps it from.
func (r *reader) notifyLoopback(inv *Inventory) {
	f := inv.Firewall
	if inv.Monitoring.Provider != Prometheus || !f.Enabled || f.Loopback != Strict {
		return
	}
	for i, n := range inv.Monitoring.Notify {
		at, key := n.Smarthost, "smarthost"
		if n.URL != "" {
			at, key = hostPort(n.URL), "url"
		}
		host, text, err := net.SplitHostPort(at)
		port, bad := strconv.Atoi(text)
		if err != nil || bad != nil || !Loopback(host) || slices.Contains(f.LoopbackPorts, port) || slices.ContainsFunc(f.Extra, func(e Rule) bool { return e.Port == port }) {
			continue
		}
		r.clash([]string{"monitoring", "notify", element(i), key}, "firewall.loopback is strict, so that Alertmanager does not reach %s on its own host; add loopback_ports = [%d] to [firewall]", at, port)
	}
}

// hostPort is the host of a URL with its port.
func hostPort(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// Loopback reports whether a name or an address is the host itself.
func Loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
