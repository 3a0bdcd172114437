package inventory

// The words of monitoring.provider.
const (
	SumoLogic  = "sumologic"
	Prometheus = "prometheus"
)

// Providers are those words, the default first. Each has a folder of its name in
// internal/monitoring.
func Providers() []string { return []string{SumoLogic, Prometheus} }

// PrometheusHost is where Prometheus runs: the host of monitoring.prometheus, by
// default the first balancer; nil with another provider.
func (inv *Inventory) PrometheusHost() *Host {
	if inv.Monitoring.Provider != Prometheus {
		return nil
	}
	if h := inv.Host(inv.Monitoring.Prometheus); h != nil {
		return h
	}
	if lbs := inv.Group(LB); len(lbs) > 0 {
		return lbs[0]
	}
	return nil
}

// monitoringHost checks the host that [monitoring] names.
func (r *reader) monitoringHost(inv *Inventory) {
	key, name := []string{"monitoring", "prometheus"}, inv.Monitoring.Prometheus
	switch {
	case name == "":
	case inv.Monitoring.Provider != Prometheus:
		r.clash(key, "monitoring.provider is %s, which needs no host; write provider = %q, or take this line out", inv.Monitoring.Provider, Prometheus)
	case inv.Host(name) == nil:
		r.clash(key, "%s is not a host of this inventory; its hosts are %s", name, names(inv.Hosts))
	}
}
