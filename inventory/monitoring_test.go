package inventory

import (
	"strings"
	"testing"
)

// TestAPIOfAnEndpoint: each deployment has its own; of another service nothing is known.
func TestAPIOfAnEndpoint(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://open-collectors.sumologic.com":              "https://api.sumologic.com",
		"https://open-collectors.eu.sumologic.com":           "https://api.eu.sumologic.com",
		"https://open-collectors.sumologic.com.evil.example": "",
		"https://open-collectors.example.com":                "",
		"https://intake.example.com":                         "",
		"https://10.77.0.1:8088":                             "",
	} {
		if got := apiOf(endpoint); got != want {
			t.Errorf("%s: %q, not %q", endpoint, got, want)
		}
	}
	inv, err := Parse("testdata/i.toml", []byte(minimal+"[monitoring]\nendpoint = \"https://open-collectors.de.sumologic.com/\"\naccess_id = { env = \"A\" }\naccess_key = { file = \"b\" }\n"))
	if err != nil || inv.Monitoring.API != "https://api.de.sumologic.com" || inv.Monitoring.AccessID.Env != "A" || inv.Monitoring.AccessKey.File == "" {
		t.Errorf("%+v, %v", inv, err)
	}
}

// TestDatadog: what follows from its site, and which keys do not stand beside one another.
func TestDatadog(t *testing.T) {
	const own = "[monitoring]\nprovider = \"datadog\"\n"
	for name, c := range map[string]struct{ keys, endpoint, api, account, wrong string }{
		"by default":           {own, "https://otlp.datadoghq.com", "", "", ""},
		"another site":         {own + "site = \"datadoghq.eu\"\napplication_key = { env = \"B\" }\n", "https://otlp.datadoghq.eu", "https://api.datadoghq.eu", Datadog, ""},
		"a private way":        {own + "endpoint = \"https://otlp.example.com/\"\napi = \"https://api.example.com\"\napplication_key = { env = \"B\" }\n", "https://otlp.example.com", "https://api.example.com", Datadog, ""},
		"left for Prometheus":  {"[monitoring]\nprovider = \"prometheus\"\nsite = \"datadoghq.eu\"\napplication_key = { env = \"B\" }\n", "https://open-collectors.sumologic.com", "https://api.datadoghq.eu", Datadog, ""},
		"no site of theirs":    {own + "site = \"example.com\"\n", "", "", "", "monitoring.site: "},
		"a key of Sumo Logic":  {own + "token = { env = \"A\" }\n", "", "", "", `monitoring.token: it belongs to provider = "sumologic", and this is "datadog"`},
		"a key of Datadog":     {"[monitoring]\napplication_key = { env = \"A\" }\n", "", "", "", `monitoring.application_key: it belongs to provider = "datadog", and this is "sumologic"`},
		"another's intake":     {own + "endpoint = \"https://open-collectors.sumologic.com/\"\n", "", "", "", `monitoring.endpoint: https://open-collectors.sumologic.com/ is an address of provider = "sumologic", which would get the keys of "datadog"`},
		"another's API":        {own + "api = \"https://API.EU.sumologic.com\"\n", "", "", "", "monitoring.api: "},
		"theirs":               {"[monitoring]\nendpoint = \"https://otlp.datadoghq.eu\"\n", "", "", "", "monitoring.endpoint: "},
		"no such URL":          {own + "endpoint = \"sumologic.com\"\n", "", "", "", "monitoring.endpoint: "},
		"no address of it":     {own + "endpoint = \"https://notsumologic.com\"\n", "https://notsumologic.com", "", "", ""},
		"an intake that waits": {"[monitoring]\nprovider = \"prometheus\"\nendpoint = \"https://open-collectors.sumologic.com\"\napplication_key = { env = \"B\" }\n", "https://open-collectors.sumologic.com", "https://api.datadoghq.com", Datadog, ""},
		"a field of its own":   {own + "fields = { Foobar_site = \"x\" }\n", "", "", "", "monitoring.fields.Foobar_site: "},
		"what is the category": {own + "fields = { _sourceCategory = \"x\" }\n", "", "", "", "monitoring.fields._sourceCategory: "},
		"a host's field":       {own + "fields = { \"host.name\" = \"y\" }\n", "", "", "", "host.name"},
		"Sumo Logic's field":   {"[monitoring]\nfields = { host = \"y\" }\n", "https://open-collectors.sumologic.com", "", "", ""},
		"no such provider":     {"[monitoring]\nprovider = \"datdog\"\nsite = \"datadoghq.eu\"\nendpoint = \"https://otlp.datadoghq.eu\"\n", "", "", "", "monitoring.provider: "},
		"the keys of two": {"[monitoring]\nprovider = \"prometheus\"\napplication_key = { env = \"A\" }\naccess_id = { env = \"A\" }\naccess_key = { env = \"A\" }\n", "", "", "",
			"monitoring.application_key: an inventory has the keys of one service"},
	} {
		inv, err := Parse("testdata/i.toml", []byte(minimal+c.keys))
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v; want %s alone", name, err, c.wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m := inv.Monitoring; m.Endpoint != c.endpoint || m.Account() != c.account || c.account != "" && m.API != c.api || m.APIKey.Env != "DD_API_KEY" {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
