package intake

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// The kinds of record.
const (
	Logs          = "logs"
	Metrics       = "metrics"
	Registrations = "registrations"
	Heartbeats    = "heartbeats"
	Metadata      = "metadata"
)

// Record is one thing that arrived: a log line, a point of a metric, a
// registration, a heartbeat.
type Record struct {
	Kind string    `json:"kind"`
	Time time.Time `json:"time"`
	// Collector is the name it registered under.
	Collector string `json:"collector"`
	// Host is the resource's host.name, else the registered host's name.
	Host string `json:"host,omitempty"`
	// Category and Source are _sourceCategory and _sourceName.
	Category string `json:"category,omitempty"`
	Source   string `json:"source,omitempty"`
	// Level is how bad a line is, as far as Datadog's intake can tell.
	Level string `json:"level,omitempty"`
	// Name and Value are a metric's; Value of a histogram is its sum.
	Name  string  `json:"name,omitempty"`
	Value float64 `json:"value,omitempty"`
	Unit  string  `json:"unit,omitempty"`
	// Body is a log line's text; empty when the line is in its attributes.
	Body       string         `json:"body,omitempty"`
	Attributes map[string]any `json:"attributes,omitempty"`
	Resource   map[string]any `json:"resource,omitempty"`
}

// Text is the record as one line: a log line as it was written, if it still is
// known, else its attributes.
func (r Record) Text() string {
	switch {
	case r.Kind == Metrics:
		text := r.Name + " " + strconv.FormatFloat(r.Value, 'g', -1, 64)
		if len(r.Attributes) > 0 {
			text += " " + compact(r.Attributes)
		}
		return text
	case r.Body != "":
		return r.Body
	case len(r.Attributes) > 0:
		return compact(r.Attributes)
	}
	return r.Kind + " " + r.Collector
}

func compact(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// value makes a plain value of OTLP's.
func value(v *commonpb.AnyValue) any {
	switch x := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return x.StringValue
	case *commonpb.AnyValue_BoolValue:
		return x.BoolValue
	case *commonpb.AnyValue_IntValue:
		return x.IntValue
	case *commonpb.AnyValue_DoubleValue:
		return x.DoubleValue
	case *commonpb.AnyValue_BytesValue:
		return base64.StdEncoding.EncodeToString(x.BytesValue)
	case *commonpb.AnyValue_ArrayValue:
		list := make([]any, 0, len(x.ArrayValue.GetValues()))
		for _, e := range x.ArrayValue.GetValues() {
			list = append(list, value(e))
		}
		return list
	case *commonpb.AnyValue_KvlistValue:
		return attributes(x.KvlistValue.GetValues())
	}
	return nil
}

func attributes(list []*commonpb.KeyValue) map[string]any {
	if len(list) == 0 {
		return nil
	}
	m := make(map[string]any, len(list))
	for _, kv := range list {
		m[kv.GetKey()] = value(kv.GetValue())
	}
	return m
}

func word(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

// resourceRecord begins a record with what its resource says.
func resourceRecord(kind, collector string, resource map[string]any) Record {
	return Record{
		Kind: kind, Collector: collector, Resource: resource,
		Host: word(resource, "host.name"), Category: word(resource, "_sourceCategory"), Source: word(resource, "_sourceName"),
	}
}

func stamp(nanos ...uint64) time.Time {
	if n := cmp.Or(nanos...); n > 0 {
		return time.Unix(0, int64(n)).UTC()
	}
	return now()
}

func logRecords(collector string, data *logspb.LogsData) []Record {
	var records []Record
	for _, rl := range data.GetResourceLogs() {
		base := resourceRecord(Logs, collector, attributes(rl.GetResource().GetAttributes()))
		for _, sl := range rl.GetScopeLogs() {
			for _, l := range sl.GetLogRecords() {
				r := base
				r.Time = stamp(l.GetTimeUnixNano(), l.GetObservedTimeUnixNano())
				r.Attributes = attributes(l.GetAttributes())
				switch b := value(l.GetBody()).(type) {
				case nil:
				case string:
					r.Body = b
				default:
					r.Body = compact(b)
				}
				records = append(records, r)
			}
		}
	}
	return records
}

func metricRecords(collector string, data *metricspb.MetricsData) []Record {
	var records []Record
	for _, rm := range data.GetResourceMetrics() {
		base := resourceRecord(Metrics, collector, attributes(rm.GetResource().GetAttributes()))
		for _, sm := range rm.GetScopeMetrics() {
			for _, m := range sm.GetMetrics() {
				r := base
				r.Name, r.Unit = m.GetName(), m.GetUnit()
				records = append(records, points(r, m)...)
			}
		}
	}
	return records
}

// points makes a record of each point of a metric, whatever its kind.
func points(base Record, m *metricspb.Metric) []Record {
	var records []Record
	add := func(at uint64, attrs []*commonpb.KeyValue, v float64) {
		r := base
		r.Time, r.Attributes, r.Value = stamp(at), attributes(attrs), v
		records = append(records, r)
	}
	numbers := m.GetGauge().GetDataPoints()
	numbers = append(numbers[:len(numbers):len(numbers)], m.GetSum().GetDataPoints()...)
	for _, p := range numbers {
		v := p.GetAsDouble()
		if i, ok := p.GetValue().(*metricspb.NumberDataPoint_AsInt); ok {
			v = float64(i.AsInt)
		}
		add(p.GetTimeUnixNano(), p.GetAttributes(), v)
	}
	for _, p := range m.GetHistogram().GetDataPoints() {
		add(p.GetTimeUnixNano(), p.GetAttributes(), p.GetSum())
	}
	for _, p := range m.GetExponentialHistogram().GetDataPoints() {
		add(p.GetTimeUnixNano(), p.GetAttributes(), p.GetSum())
	}
	for _, p := range m.GetSummary().GetDataPoints() {
		add(p.GetTimeUnixNano(), p.GetAttributes(), p.GetSum())
	}
	return records
}
