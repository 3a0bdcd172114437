package inventory

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestSchemaKnowsWhatTheReaderChecks compares a key of each kind.
func TestSchemaKnowsWhatTheReaderChecks(t *testing.T) {
	data, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"site.domain":           `{"type":"string"}`,
		"deploy.forks":          `{"default":10,"maximum":1000,"minimum":1,"type":"integer"}`,
		"deploy.drain_timeout":  `{"default":"30s","type":"string"}`,
		"deploy.allow_untested": `{"default":false,"type":"boolean"}`,
		"db.engine":             `{"default":"mariadb","enum":["mariadb","mysql"],"type":"string"}`,
		"db.buffer_pool":        `{"type":"string"}`,
		"web.client_max_body":   `{"default":"16MiB","type":"string"}`,
		"tls.hsts":              `{"default":true,"type":"boolean"}`,
		"tls.acme_directory":    `{"default":"letsencrypt","type":"string"}`,
		"lb.balance":            `{"default":"roundrobin","enum":["roundrobin","leastconn","source","random"],"type":"string"}`,
		"firewall.purge":        `{"default":"owned","enum":["owned","all"],"type":"string"}`,
		"ssh.identity":          `{"items":{"type":"string"},"type":["string","array"]}`,
		"app.env":               `{"additionalProperties":{"type":"string"},"type":"object"}`,
		"hosts.any.roles":       `{"default":["web","app","db"],"items":{"enum":["lb","web","app","db"],"type":"string"},"type":"array"}`,
		"hosts.any.weight":      `{"default":100,"maximum":256,"type":"integer","minimum":0}`,
		"hosts.any.ssh.become":  `{"enum":["sudo","none"],"type":"string"}`,
		"firewall.extra.0.port": `{"maximum":65535,"minimum":1,"type":"integer"}`,
		"secrets.master":        `{"type":"string"}`,
	} {
		var wanted any
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(below(tree, path))
		again, _ := json.Marshal(wanted)
		if string(got) != string(again) {
			t.Errorf("%s: got %s, want %s", path, got, again)
		}
	}
	for path, want := range map[string]string{"site": `["domain"]`, "hosts.any": `["address"]`, "firewall.extra.0": `["port"]`, "app": `null`} {
		if got, _ := json.Marshal(below(tree, path)["required"]); string(got) != want {
			t.Errorf("%s requires %s, want %s", path, got, want)
		}
	}
	if tree["additionalProperties"] != false || below(tree, "monitoring.package")["additionalProperties"] != false {
		t.Error("unknown keys are allowed")
	}
}

// below finds the node of a key; "any" is a name, "0" an element.
func below(node map[string]any, path string) map[string]any {
	for _, name := range strings.Split(path, ".") {
		var next any
		switch name {
		case anyName:
			next = node["additionalProperties"]
		case "0":
			next = node["items"]
		default:
			properties, _ := node["properties"].(map[string]any)
			next = properties[name]
		}
		node, _ = next.(map[string]any)
	}
	return node
}
