package prometheus

// panel is a picture of Grafana's dashboard and of the page, with what it asks.
type panel struct {
	Title string  `json:"title"`
	Unit  string  `json:"unit"` // by Grafana's name
	Most  any     `json:"most"` // of the scale; nil for what there is
	Asks  []query `json:"asks"`
}

// query is a question in PromQL, and what each of its lines is called.
type query struct {
	Expr   string `json:"expr"`
	Legend string `json:"legend"`
}

const host, server = "{{instance}}", "{{server}}"

func panels() []panel {
	return []panel{
		{"Requests a second", "reqps", nil, []query{{rate, "all"}, {`sum by (code) (rate(haproxy_frontend_http_responses_total{job="haproxy",proxy="www"}[1m]))`, "{{code}}"}}},
		{"Server's errors", "percent", nil, []query{{errorShare, "5xx"}}},
		{"Response time at the balancer", "s", nil, []query{{times, "{{quantile}}"}}},
		{"Servers that get requests", "bool_on_off", 1, []query{{inRotation, server}}},
		{"Response time of each server", "s", nil, []query{{serverTime, server}}},
		{"Requests a second of each server", "reqps", nil, []query{{serverRate, server}}},
		{"Replicas behind their primary", "s", nil, []query{{behind, host}}},
		{"Database queries a second", "short", nil, []query{{"sum by (instance) (rate(mysql_global_status_queries[1m]))", host}}},
		{"Database connections", "short", nil, []query{{"max by (instance) (mysql_global_status_threads_connected)", host}}},
		{"Processors", "percent", 100, []query{{cpuUsed, host}}},
		{"Memory", "percent", 100, []query{{memoryUsed, host}}},
		{"File systems", "percent", 100, []query{{diskUsed, host + " {{mountpoint}}"}}},
		{"Load", "short", nil, []query{{"max by (instance) (node_load1)", host}}},
		{"Processors that services use", "short", nil, []query{{"max by (unit) (foobar_unit_cpu_cores)", "{{unit}}"}}},
		{"Memory of services", "bytes", nil, []query{{"max by (unit) (foobar_unit_memory_bytes)", "{{unit}}"}}},
		{"Network, received and sent", "Bps", nil, []query{{`sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[1m]))`, host + " in"},
			{`- sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[1m]))`, host + " out"}}},
		{"Certificates are valid for", "s", nil, []query{{certificateLeft, host + " {{name}}"}}},
		{"Age of the newest backup", "s", nil, []query{{backupAge, "backup"}}},
		{"Failed units", "short", nil, []query{{failedUnits, host}}},
		{"Hosts that answer", "bool_on_off", 1, []query{{answers, host}}},
	}
}
