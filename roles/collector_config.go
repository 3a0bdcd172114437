package roles

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"foobar/internal/play"
	"foobar/inventory"
	"foobar/templates"
)

// collectorData is what the template sumologic.yaml is filled with. Text is
// YAML already.
type collectorData struct {
	Name, Group, Category, Endpoint        string
	Fields                                 []collectorField
	Balancer, Web, DB, MariaDB             bool
	DBUser                                 string
	Units, Texts                           string // lists, without brackets
	Journal, HAProxyLog, NginxLog, TextLog string // _sourceCategory of each
	Metrics, MetricReceivers, LogReceivers string
}

// collectorField is a field that the monitoring service adds to all that comes from this host.
type collectorField struct{ Key, Value string }

func collectorConfig(s *play.Site, h *inventory.Host) ([]byte, error) {
	inv, group := s.Inv, collectorGroup(h)
	category := func(parts ...string) string {
		return yamlText(strings.Join(append([]string{inv.Site.Name}, parts...), "/"))
	}
	d := collectorData{
		Name: yamlText(h.Name), Group: yamlText(group), Category: category(group), Endpoint: yamlText(inv.Monitoring.Endpoint),
		Fields:   collectorFields(inv, group),
		Balancer: h.Has(inventory.LB), Web: h.Has(inventory.Web), DB: h.Has(inventory.DB),
		MariaDB: inv.DB.Engine != "mysql",
		Journal: category(group, "journal"), HAProxyLog: category("lb", "haproxy"), NginxLog: category("web", "nginx"),
		TextLog: category(group, "text"), Metrics: category(group, "metrics"),
	}
	units, texts := []string{"ssh", "ufw", "unattended-upgrades"}, []string(nil)
	metrics, logs := []string{"hostmetrics"}, []string{"journald/units"}
	if d.Balancer {
		units = append(units, "haproxy", "certbot")
		metrics, logs = append(metrics, "haproxy"), append(logs, "filelog/haproxy")
	}
	if d.Web {
		units = append(units, "nginx")
		texts = append(texts, "/var/log/nginx/error.log", "/var/log/nginx/error.log.1")
		metrics, logs = append(metrics, "nginx"), append(logs, "filelog/nginx")
	}
	if h.Has(inventory.App) {
		units = append(units, "app")
	}
	if d.DB {
		units = append(units, inv.DB.Engine)
		monitor, err := databaseLoginOf(s, databaseMonitor)
		if err != nil {
			return nil, err
		}
		d.DBUser = monitor.user
		texts = append(texts, "/var/log/mysql/*.log")
		metrics = append(metrics, "mysql")
		if d.MariaDB {
			metrics = append(metrics, "sqlquery/replica")
		}
	}
	if len(texts) > 0 {
		logs = append(logs, "filelog/text")
	}
	list := func(words []string) string { return strings.Join(words, ", ") }
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = yamlText(t)
	}
	d.Units, d.Texts, d.MetricReceivers, d.LogReceivers = list(units), list(quoted), list(metrics), list(logs)
	return templates.Render("collector/sumologic.yaml.tmpl", d)
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
	if err != nil { // text always can be
		panic(fmt.Sprintf("quote %q: %v", s, err))
	}
	return strings.ReplaceAll(string(text), "$", "$$")
}
