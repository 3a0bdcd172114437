package inventory

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

// prometheusHost checks the host that [monitoring] names, or leaves to the roles.
func (r *reader) prometheusHost(inv *Inventory) {
	key, name := []string{"monitoring", "prometheus"}, inv.Monitoring.Prometheus
	switch {
	case name == "" && inv.Monitoring.Provider == Prometheus && inv.PrometheusHost() == nil && !r.wrongBelow("hosts"):
		r.clash([]string{"monitoring", "provider"}, `Prometheus runs on the host with the role lb, and there is none; name the host that is to run it: prometheus = "%s"`, inv.Hosts[0].Name)
	case name == "":
	case inv.Monitoring.Provider != Prometheus:
		r.clash(key, "monitoring.provider is %s, which needs no host; write provider = %q, or take this line out", inv.Monitoring.Provider, Prometheus)
	case inv.Host(name) == nil:
		r.clash(key, "there is no host %q; %s", name, DidYouMean(name, Names(inv.Hosts), "the hosts are"))
	}
}
