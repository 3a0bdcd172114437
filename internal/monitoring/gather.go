package monitoring

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
)

// Offer is what the services of a host have to be collected.
type Offer struct {
	// Units write to the journal, the system's own first. Texts are files, or patterns
	// of such, whose lines are sent as they are.
	Units, Texts []string
	// Serving and Others are the receivers of an OpenTelemetry collector, of services
	// that log requests and of all others, as they stand under "receivers:".
	Serving, Others string
	// Metrics and Logs name those receivers, by the pipeline they feed.
	Metrics, Logs []string
	// Secrets are what the receivers name as variables of the environment.
	Secrets map[string]secret.String
}

// Gather asks the services of a host.
func Gather(s *play.Site, h *inventory.Host) (Offer, error) {
	o := Offer{Secrets: map[string]secret.String{}}
	var system, units []string
	for _, service := range s.Services[h.Name] {
		switch unit := service.Journal.Unit; {
		case unit == "" || service.Journal.Kept:
		case service.Layer == play.System:
			system = append(system, unit)
		default:
			units = append(append(units, unit), service.Journal.More...)
		}
		o.Texts = append(o.Texts, service.Texts...)
		if err := o.receivers(s, service.Collected); err != nil {
			return o, err
		}
	}
	slices.Sort(system)
	o.Units = append(system, units...)
	o.Serving, o.Others = strings.TrimSuffix(o.Serving, "\n"), strings.TrimSuffix(o.Others, "\n")
	return o, nil
}

func (o *Offer) receivers(s *play.Site, c play.Collected) error {
	if c.Config == nil {
		return nil
	}
	yaml, named, err := c.Config(s)
	if err != nil {
		return err
	}
	maps.Copy(o.Secrets, named)
	o.Metrics, o.Logs = append(o.Metrics, c.Metrics...), append(o.Logs, c.Logs...)
	if len(c.Logs) > 0 {
		o.Serving += string(yaml)
	} else {
		o.Others += string(yaml)
	}
	return nil
}

// Category is a _sourceCategory, by which Sumo Logic sorts what it gets, as YAML.
func Category(inv *inventory.Inventory, parts ...string) string {
	return YAML(strings.Join(append([]string{inv.Site.Name}, parts...), "/"))
}

// Group is the word by which people look for hosts of a kind.
func Group(h *inventory.Host) string {
	for _, role := range []string{inventory.LB, inventory.Web, inventory.App, inventory.DB} {
		if h.Has(role) {
			return role
		}
	}
	return "host"
}

// YAML quotes text for an OpenTelemetry collector: JSON is YAML, and a doubled $ keeps
// the collector from taking what follows for the name of a variable.
func YAML(s string) string {
	text, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		panic(fmt.Sprintf("quote %q: %v", s, err))
	}
	return strings.ReplaceAll(string(text), "$", "$$")
}
