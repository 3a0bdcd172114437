package inventory

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"foobar/internal/fault"
)

// The words of monitoring.provider.
const (
	SumoLogic  = "sumologic"
	Prometheus = "prometheus"
	Datadog    = "datadog"
)

// Providers are those words, the default first. Each has a folder of its name in
// internal/monitoring.
func Providers() []string { return []string{SumoLogic, Prometheus, Datadog} }

// sites are those that Datadog has, the default first.
// Source: docs.datadoghq.com/getting_started/site.
func sites() []string {
	return []string{"datadoghq.com", "us3.datadoghq.com", "us5.datadoghq.com", "datadoghq.eu", "ap1.datadoghq.com", "ap2.datadoghq.com", "uk1.datadoghq.com", "ddog-gov.com", "us2.ddog-gov.com"}
}

// Account is the provider whose API the keys of the inventory are for; "" where it has none
// for that. They stay while another provider is named, so that what is there can go.
func (m Monitoring) Account() string {
	switch {
	case m.AccessKey.given():
		return SumoLogic
	case m.ApplicationKey.given():
		return Datadog
	}
	return ""
}

func (s Source) given() bool { return s.Env != "" || s.File != "" || len(s.Command) > 0 }

// providerName accepts those words.
func providerName(s string) error {
	switch strings.ToLower(s) {
	case "none", "off", "no", "false", "disabled":
		return fmt.Errorf("%q is not known; for no monitoring write enabled = false instead", s)
	}
	return oneOf(Providers()...)(s)
}

// management reads what lets this machine keep alerts and collectors at the service. The
// provider may be given, and not be one.
func (t *table) management(m *Monitoring, provider bool) {
	good := map[string]bool{"token": t.source("token", &m.Token), "site": t.text("site", &m.Site, oneOf(sites()...)),
		"api_key": t.source("api_key", &m.APIKey), "application_key": t.source("application_key", &m.ApplicationKey)}
	if m.Provider == Datadog && !t.has("endpoint") {
		m.Endpoint = "https://otlp." + m.Site
	}
	id, key := t.source("access_id", &m.AccessID), t.source("access_key", &m.AccessKey)
	good["access_id"], good["access_key"] = id, key
	if t.text("api", &m.API, webURL("https"), bareURL) {
		m.API = strings.TrimRight(m.API, "/")
	} else if !t.has("api") && m.Account() == Datadog {
		m.API = "https://api." + m.Site
	} else if !t.has("api") {
		m.API = apiOf(m.Endpoint)
	}
	if provider || !t.has("provider") { // else nobody knows what goes with it
		t.oneService(m.Provider, good)
		t.serves("endpoint", m.Provider)
		t.serves("api", cmp.Or(m.Account(), m.Provider))
	}
	switch {
	case id && !t.has("access_key"):
		t.fault(fault.Lacking, "access_id", `an access id needs its key; add access_key = { env = "SUMOLOGIC_ACCESS_KEY" }`)
	case key && !t.has("access_id"):
		t.fault(fault.Lacking, "access_key", `an access key needs its id; add access_id = { env = "SUMOLOGIC_ACCESS_ID" }`)
	case key && !t.has("api") && m.API == "":
		t.fault(fault.Lacking, "access_key", `the API that takes the key does not follow from the endpoint %s; add api = "https://api.sumologic.com", or that of your deployment`, m.Endpoint)
	}
}

// oneService refuses the keys of a service that is not the provider, and those of two. Those
// that have an error of their own are told of once.
func (t *table) oneService(provider string, good map[string]bool) {
	keys := map[string][]string{SumoLogic: {"token", "access_id", "access_key"}, Datadog: {"site", "api_key", "application_key"}}
	for _, of := range []string{SumoLogic, Datadog} {
		i := slices.IndexFunc(keys[of], func(key string) bool { return good[key] })
		switch {
		case i < 0 || of == provider:
		case provider != Prometheus:
			t.fault(fault.Contradiction, keys[of][i], "it belongs to provider = %q, and this is %q; remove the line, or to have what foobar keeps there taken away, deploy once with that provider and enabled = false before", of, provider)
		case of == Datadog && slices.ContainsFunc(keys[SumoLogic], t.has):
			t.fault(fault.Contradiction, keys[of][i], "an inventory has the keys of one service, and this one has those of Sumo Logic, too; remove them, or this line")
		}
	}
}

// serves refuses an address of another service than the one whose keys it would get.
func (t *table) serves(key, service string) {
	at, _ := t.values[key].(string)
	u, err := url.Parse(strings.ToLower(at))
	if err != nil || service == Prometheus {
		return
	}
	for of, domains := range map[string][]string{SumoLogic: {"sumologic.com"}, Datadog: sites()} {
		theirs := func(domain string) bool { return u.Hostname() == domain || strings.HasSuffix(u.Hostname(), "."+domain) }
		if of != service && slices.ContainsFunc(domains, theirs) {
			t.fault(fault.Contradiction, key, "%s is an address of provider = %q, which would get the keys of %q; remove the line", at, of, service)
		}
	}
}

// fieldOf accepts the name of a field. At Datadog some say what foobar says itself, or which
// host all is from.
// Source: docs.datadoghq.com/opentelemetry/mapping/hostname, and what Datadog's own
// translation of OTLP does: pkg/otlp/attributes/source.go in
// github.com/DataDog/opentelemetry-mapping-go.
func fieldOf(provider string) check {
	form := matches(fieldName, "is not a field's name; use letters, digits, dots, dashes and _")
	return func(s string) error {
		own := []string{"host", "hostname", "host.name", "host.id", "datadog.host.name", "cloud.provider", "k8s.node.name", "aws.ecs.launchtype", "foobar_site", "service.name", "category", "_sourcename", "_sourcecategory"}
		if provider == Datadog && slices.Contains(own, strings.ToLower(s)) {
			return fmt.Errorf("%q tells Datadog which host and service all is from, and foobar says that itself; give the field another name", s)
		}
		return form(s)
	}
}

// apiOf is the API of the deployment that an endpoint belongs to, such as
// https://api.eu.sumologic.com; "" where that cannot be told.
// Source: help.sumologic.com/docs/api/about-apis/getting-started, the table of endpoints.
func apiOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	deployment, known := strings.CutPrefix(u.Host, "open-collectors.")
	if !known || deployment != "sumologic.com" && !strings.HasSuffix(deployment, ".sumologic.com") {
		return ""
	}
	return "https://api." + deployment
}

// bareURL accepts a URL without a path.
func bareURL(s string) error {
	if u, err := url.Parse(s); err == nil && strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("%q has a path; write it without: %s://%s", s, u.Scheme, u.Host)
	}
	return nil
}
