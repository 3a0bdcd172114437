package inventory

import "testing"

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
