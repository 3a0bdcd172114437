package otelcol

import (
	"maps"
	"slices"
	"strings"

	"foobar/internal/monitoring"
	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
	"foobar/templates"
)

// data is what the templates are filled with. Every value is YAML already, lists without
// their brackets.
type data struct {
	Site, Name, Group, Category, Endpoint string
	Fields                                []field
	Units, Texts                          string
	Journal, Audit, TextLog, Metrics      string // _sourceCategory of each
	// Serving and Others are the receivers of services that log requests, and of all others.
	Serving, Others                string
	MetricReceivers, FileReceivers string
	// Receivers are all of them, for the template of the provider.
	Receivers string
}

// field is one that the monitoring service adds to all that comes from this host.
type field struct{ Key, Value string }

// config is the configuration, and the secrets that it names as variables of the
// environment.
func (c Collector) config(s *play.Site, h *inventory.Host) (conf []byte, secrets map[string]secret.String, err error) {
	group := monitoring.Group(h)
	offer, err := monitoring.Gather(s, h)
	if err != nil {
		return nil, nil, err
	}
	list := func(words []string) string { return strings.Join(words, ", ") }
	d := data{
		Site: monitoring.YAML(s.Inv.Site.Name), Name: monitoring.YAML(h.Name), Group: monitoring.YAML(group), Category: monitoring.Category(s.Inv, group), Endpoint: monitoring.YAML(s.Inv.Monitoring.Endpoint),
		Fields: fields(s.Inv, group), Journal: monitoring.Category(s.Inv, group, "journal"), Audit: monitoring.Category(s.Inv, group, "audit"), TextLog: monitoring.Category(s.Inv, group, "text"), Metrics: monitoring.Category(s.Inv, group, "metrics"),
		Units: list(offer.Units), Serving: offer.Serving, Others: offer.Others,
	}
	files := slices.Clone(offer.Logs)
	var texts []string
	for _, path := range offer.Texts {
		texts = append(texts, monitoring.YAML(path))
	}
	if len(texts) > 0 {
		files = append(files, "filelog/text")
	}
	d.Texts, d.MetricReceivers, d.FileReceivers = list(texts), list(append([]string{"hostmetrics"}, offer.Metrics...)), list(files)
	receivers, err := templates.Render("otelcol/receivers.yaml.tmpl", d)
	if err != nil {
		return nil, nil, err
	}
	d.Receivers = string(receivers)
	conf, err = templates.Render(c.Provider+"/"+c.Provider+".yaml.tmpl", d)
	return conf, offer.Secrets, err
}

// fields are host.group and the fields of the inventory, which win.
func fields(inv *inventory.Inventory, group string) []field {
	all := map[string]string{"host.group": group}
	maps.Copy(all, inv.Monitoring.Fields)
	var list []field
	for _, key := range slices.Sorted(maps.Keys(all)) {
		list = append(list, field{monitoring.YAML(key), monitoring.YAML(all[key])})
	}
	return list
}
