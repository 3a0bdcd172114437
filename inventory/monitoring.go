package inventory

import (
	"fmt"
	"net/url"
	"strings"

	"foobar/internal/fault"
)

// The words of monitoring.provider.
const (
	SumoLogic  = "sumologic"
	Prometheus = "prometheus"
)

// Providers are those words, the default first. Each has a folder of its name in
// internal/monitoring.
func Providers() []string { return []string{SumoLogic, Prometheus} }

// providerName accepts those words.
func providerName(s string) error {
	switch strings.ToLower(s) {
	case "none", "off", "no", "false", "disabled":
		return fmt.Errorf("%q is not known; for no monitoring write enabled = false instead", s)
	}
	return oneOf(Providers()...)(s)
}

// management reads what lets this machine keep alerts and collectors at the service.
func (t *table) management(m *Monitoring) {
	if t.text("api", &m.API, webURL("https"), bareURL) {
		m.API = strings.TrimRight(m.API, "/")
	} else if !t.has("api") {
		m.API = apiOf(m.Endpoint)
	}
	id, key := t.source("access_id", &m.AccessID), t.source("access_key", &m.AccessKey)
	switch {
	case id && !t.has("access_key"):
		t.fault(fault.Lacking, "access_id", `an access id needs its key; add access_key = { env = "SUMOLOGIC_ACCESS_KEY" }`)
	case key && !t.has("access_id"):
		t.fault(fault.Lacking, "access_key", `an access key needs its id; add access_id = { env = "SUMOLOGIC_ACCESS_ID" }`)
	case key && !t.has("api") && m.API == "":
		t.fault(fault.Lacking, "access_key", `the API that takes the key does not follow from the endpoint %s; add api = "https://api.sumologic.com", or that of your deployment`, m.Endpoint)
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
