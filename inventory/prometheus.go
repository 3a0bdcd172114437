package inventory

import "strings"

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

// appMetrics checks that the app's own metrics can be asked for, and hidden from visitors.
func (r *reader) appMetrics(inv *Inventory) {
	key, path := []string{"app", "metrics_path"}, inv.App.MetricsPath
	if path == "" {
		return
	}
	below := strings.TrimRight(path, "/") + "/"
	for _, health := range []string{inv.App.HealthPath, inv.LB.HealthPath} {
		if strings.HasPrefix(health+"/", below) {
			r.clash(key, "visitors and the balancer get 404 for this path and what is below it, and the health path, %s, is among that; tell the metrics on another path", health)
			return
		}
	}
	for _, h := range inv.Group(Web) {
		if !h.Has(App) {
			r.clash(key, "%s serves the web without the app, and an app that other hosts reach answers them alone, so nobody can ask it for metrics; give all web hosts the role app, or take this line out", h.Name)
			return
		}
	}
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
