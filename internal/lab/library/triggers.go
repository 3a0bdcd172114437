package library

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// trigger is a condition of a monitor. Which of its fields there must be follows from its
// detection method.
type trigger struct {
	DetectionMethod  string   `json:"detectionMethod"`
	TriggerType      string   `json:"triggerType"`
	TimeRange        string   `json:"timeRange,omitempty"`
	Threshold        *float64 `json:"threshold,omitempty"`
	ThresholdType    string   `json:"thresholdType,omitempty"`
	Field            string   `json:"field,omitempty"`
	OccurrenceType   string   `json:"occurrenceType,omitempty"`
	MinDataPoints    int      `json:"minDataPoints,omitempty"`
	TriggerSource    string   `json:"triggerSource,omitempty"`
	ResolutionWindow string   `json:"resolutionWindow,omitempty"`
	Frequency        string   `json:"frequency,omitempty"`
	Window           int      `json:"window,omitempty"`
	Consecutive      int      `json:"consecutive,omitempty"`
	Direction        string   `json:"direction,omitempty"`
	BaselineWindow   string   `json:"baselineWindow,omitempty"`
}

// check refuses a definition that the service would, and puts it into its words.
func (l *Library) check(d *definition) error {
	switch {
	case !slices.Contains([]string{"Logs", "Metrics"}, d.MonitorType):
		return invalid("monitorType: %q is neither Logs nor Metrics.", d.MonitorType)
	case len(d.Queries) == 0 || len(d.Queries) > 6:
		return invalid("queries: a monitor has one to six.")
	case d.MonitorType == "Logs" && len(d.Queries) != 1:
		return invalid("queries: a monitor of logs has one.")
	case len(d.Triggers) == 0:
		return invalid("triggers: there are none.")
	}
	for _, q := range d.Queries {
		if len(q.RowID) != 1 || q.RowID < "A" || q.RowID > "F" || strings.TrimSpace(q.Query) == "" {
			return invalid("queries: rowId must be a letter from A to F, and query must not be empty.")
		}
	}
	var types []string
	for i := range d.Triggers {
		if err := d.Triggers[i].check(d.MonitorType); err != nil {
			return err
		}
		if types = append(types, d.Triggers[i].TriggerType); slices.Contains(types[:i], types[i]) {
			return invalid("triggers: there are two of the type %s.", types[i])
		}
	}
	for _, one := range types {
		if other := "Resolved" + strings.TrimPrefix(one, "Resolved"); !slices.Contains(types, other) || !slices.Contains(types, strings.TrimPrefix(one, "Resolved")) {
			return invalid("triggers: %s has no counterpart.", one)
		}
	}
	if d.EvaluationDelay != "" {
		if _, err := time.ParseDuration(d.EvaluationDelay); err != nil {
			return invalid("evaluationDelay: %q is not a time.", d.EvaluationDelay)
		}
	}
	return l.checkNotifications(d.Notifications, types)
}

// ranges are the times that a condition may look back for.
const ranges = "2m 5m 10m 15m 30m 1h 3h 6h 12h 24h"

func (t *trigger) check(monitorType string) error {
	if !slices.Contains([]string{"Critical", "Warning", "MissingData", "ResolvedCritical", "ResolvedWarning", "ResolvedMissingData"}, t.TriggerType) {
		return invalid("triggers: triggerType: %q is not known.", t.TriggerType)
	}
	kind, known := strings.CutPrefix(t.DetectionMethod, monitorType)
	if !known {
		return invalid("triggers: detectionMethod: %q is not for monitors of %s.", t.DetectionMethod, monitorType)
	}
	if strings.HasSuffix(t.TriggerType, "MissingData") != (kind == "MissingDataCondition") {
		return invalid("triggers: %s is not for %s.", t.DetectionMethod, t.TriggerType)
	}
	if kind != "OutlierCondition" {
		var ok bool
		if t.TimeRange, ok = largest(t.TimeRange); !ok || !slices.Contains(strings.Fields(ranges), strings.TrimPrefix(t.TimeRange, "-")) {
			return invalid("triggers: timeRange: %q is not one of %s.", t.TimeRange, ranges)
		}
	}
	if t.ResolutionWindow != "" {
		var ok bool
		if t.ResolutionWindow, ok = largest(t.ResolutionWindow); !ok {
			return invalid("triggers: resolutionWindow: %q is not a time.", t.ResolutionWindow)
		}
	}
	switch kind {
	case "StaticCondition":
		return t.checkStatic(monitorType)
	case "OutlierCondition":
		if !slices.Contains([]string{"Both", "Up", "Down"}, t.Direction) {
			return invalid("triggers: direction: %q is not one of Both, Up, Down.", t.Direction)
		}
	case "MissingDataCondition":
		if monitorType == "Metrics" && !slices.Contains([]string{"AllTimeSeries", "AnyTimeSeries"}, t.TriggerSource) {
			return invalid("triggers: triggerSource: %q is not one of AllTimeSeries, AnyTimeSeries.", t.TriggerSource)
		}
	default:
		return invalid("triggers: detectionMethod: %q is not known.", t.DetectionMethod)
	}
	return nil
}

func (t *trigger) checkStatic(monitorType string) error {
	switch {
	case t.Threshold == nil:
		return invalid("triggers: threshold: it is missing.")
	case !slices.Contains([]string{"LessThan", "GreaterThan", "LessThanOrEqual", "GreaterThanOrEqual"}, t.ThresholdType):
		return invalid("triggers: thresholdType: %q is not known.", t.ThresholdType)
	case monitorType == "Metrics" && !slices.Contains([]string{"AtLeastOnce", "Always"}, t.OccurrenceType):
		return invalid("triggers: occurrenceType: %q is not one of AtLeastOnce, Always.", t.OccurrenceType)
	case monitorType == "Logs" && t.OccurrenceType != "":
		return invalid("triggers: occurrenceType: LogsStaticCondition has none.")
	}
	if monitorType == "Metrics" && t.MinDataPoints == 0 {
		t.MinDataPoints = map[string]int{"AtLeastOnce": 1, "Always": 2}[t.OccurrenceType]
	}
	return nil
}

// largest is a time span before now in its largest unit: -1h for 60m.
func largest(span string) (string, bool) {
	digits := strings.TrimPrefix(span, "-")
	unit := strings.TrimLeft(digits, "0123456789")
	n, err := strconv.Atoi(strings.TrimSuffix(digits, unit))
	per := map[string]int{"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
	if err != nil || per == 0 {
		return span, false
	}
	n *= per
	switch {
	case n != 0 && n%3600 == 0:
		return "-" + strconv.Itoa(n/3600) + "h", true
	case n%60 == 0:
		return "-" + strconv.Itoa(n/60) + "m", true
	}
	return "-" + strconv.Itoa(n) + "s", true
}

func (l *Library) checkNotifications(list []notification, types []string) error {
	for _, n := range list {
		to := n.Notification
		c := l.connections[to.ConnectionID]
		switch {
		case to.ConnectionType == "Email" && (len(to.Recipients) == 0 || to.Subject == "" || to.TimeZone == "" || to.ConnectionID != ""):
			return invalid("notifications: Email needs recipients, subject and timeZone, and has no connectionId.")
		case to.ConnectionType != "Email" && c == nil:
			return refuse(400, "monitors:connection_not_found", "notifications: there is no connection %q.", to.ConnectionID)
		case to.ConnectionType != "Email" && (c.WebhookType != to.ConnectionType || len(to.Recipients) > 0):
			return invalid("notifications: the connection %s is of the type %s, not %s.", to.ConnectionID, c.WebhookType, to.ConnectionType)
		case len(n.RunForTriggerTypes) == 0:
			return invalid("notifications: runForTriggerTypes: there are none.")
		}
		for _, one := range n.RunForTriggerTypes {
			if !slices.Contains(types, one) {
				return invalid("notifications: runForTriggerTypes: the monitor has no trigger %s.", one)
			}
		}
	}
	return nil
}
