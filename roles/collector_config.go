package roles

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
	"foobar/templates"
)

// collectorData is what the template sumologic.yaml is filled with. Every value is
// YAML already, lists without their brackets.
type collectorData struct {
	Name, Group, Category, Endpoint string
	Fields                          []collectorField
	Units, Texts                    string
	Journal, TextLog, Metrics       string // _sourceCategory of each
	// Serving and Others are the receivers of services that log requests, and of all others.
	Serving, Others               string
	MetricReceivers, LogReceivers string
}

// collectorField is a field that the monitoring service adds to all that comes from this host.
type collectorField struct{ Key, Value string }

// collectorConfig is the configuration, and the secrets that it names as
// variables of the environment.
func collectorConfig(s *play.Site, h *inventory.Host) (conf []byte, secrets map[string]secret.String, err error) {
	group := collectorGroup(h)
	d := collectorData{
		Name: yamlText(h.Name), Group: yamlText(group), Category: category(s.Inv, group), Endpoint: yamlText(s.Inv.Monitoring.Endpoint),
		Fields: collectorFields(s.Inv, group), Journal: category(s.Inv, group, "journal"), TextLog: category(s.Inv, group, "text"), Metrics: category(s.Inv, group, "metrics"),
	}
	secrets = map[string]secret.String{}
	var system, units, texts []string
	var serving, others []byte
	metrics, logs := []string{"hostmetrics"}, []string{"journald/units"}
	for _, service := range s.Services[h.Name] {
		switch unit := service.Journal.Unit; {
		case unit == "" || service.Journal.Kept:
		case service.Layer == play.System:
			system = append(system, unit)
		default:
			units = append(append(units, unit), service.Journal.More...)
		}
		for _, path := range service.Texts {
			texts = append(texts, yamlText(path))
		}
		c := service.Collected
		if c.Config == nil {
			continue
		}
		metrics, logs = append(metrics, c.Metrics...), append(logs, c.Logs...)
		yaml, named, err := c.Config(s)
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(secrets, named)
		if len(c.Logs) > 0 {
			serving = append(serving, yaml...)
		} else {
			others = append(others, yaml...)
		}
	}
	if len(texts) > 0 {
		logs = append(logs, "filelog/text")
	}
	slices.Sort(system)
	d.Serving, d.Others = strings.TrimSuffix(string(serving), "\n"), strings.TrimSuffix(string(others), "\n")
	list := func(words []string) string { return strings.Join(words, ", ") }
	d.Units, d.Texts, d.MetricReceivers, d.LogReceivers = list(append(system, units...)), list(texts), list(metrics), list(logs)
	conf, err = templates.Render("collector/sumologic.yaml.tmpl", d)
	return conf, secrets, err
}

// category is a _sourceCategory, by which the monitoring service sorts what it gets.
func category(inv *inventory.Inventory, parts ...string) string {
	return yamlText(strings.Join(append([]string{inv.Site.Name}, parts...), "/"))
}

// collectorGroup is the word by which people look for hosts of a kind.
func collectorGroup(h *inventory.Host) string {
	for _, role := range []string{inventory.LB, inventory.Web, inventory.App, inventory.DB} {
		if h.Has(role) {
			return role
		}
	}
	return "host"
}

// collectorFields are host.group and the fields of the inventory, which win.
func collectorFields(inv *inventory.Inventory, group string) []collectorField {
	all := map[string]string{"host.group": group}
	maps.Copy(all, inv.Monitoring.Fields)
	var fields []collectorField
	for _, key := range slices.Sorted(maps.Keys(all)) {
		fields = append(fields, collectorField{yamlText(key), yamlText(all[key])})
	}
	return fields
}

// yamlText quotes text for the collector: JSON is YAML, and a doubled $ keeps
// the collector from taking what follows for the name of a variable.
func yamlText(s string) string {
	text, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		panic(fmt.Sprintf("quote %q: %v", s, err))
	}
	return strings.ReplaceAll(string(text), "$", "$$")
}
