package inventory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/monitoring/alert"
)

// Alerts are those of the inventory that can be raised at this site: without a replica
// none lags, and without backups none is old.
func (inv *Inventory) Alerts() []alert.Alert {
	return slices.DeleteFunc(slices.Clone(inv.Monitoring.Alerts), func(a alert.Alert) bool {
		switch a.Name {
		case "replication_lag", "replication_stopped":
			return len(inv.Group(DB)) < 2
		case "backup_age":
			return !inv.DB.Backup.Enabled
		}
		return false
	})
}

// alertOff is what is written for an alert that is never raised.
const alertOff = "off"

// alerts reads [monitoring.alerts], a key for each alert.
func (r *reader) alerts(t *table, m *Monitoring) {
	for _, a := range alert.All() {
		text := showAlert(a)
		if v := t.values[a.Name]; v != nil && kind(v) != kind("") {
			t.known = append(t.known, a.Name)
			t.fault(fault.WrongType, a.Name, `this is %s; write it as %q, or "off" for never`, kind(v), text)
			continue
		}
		t.text(a.Name, &text, func(s string) error { _, err := parseAlert(a, s); return err })
		if text == alertOff {
			continue
		}
		if changed, err := parseAlert(a, text); err == nil {
			m.Alerts = append(m.Alerts, changed)
		}
	}
	t.end()
}

// showAlert is when an alert is raised, as parseAlert reads it: "400% of 6h for 5m".
func showAlert(a alert.Alert) string {
	var words []string
	switch a.Unit {
	case alert.Percent:
		words = append(words, a.Number()+"%")
	case alert.Seconds:
		words = append(words, showDuration(a.Time()))
	}
	if a.Before > 0 {
		words = append(words, "of "+showDuration(a.Before))
	}
	return strings.Join(append(words, "for "+showDuration(a.For)), " ")
}

// parseAlert lays a text over an alert. What the text leaves out stays: "95%" and "for 1h"
// are enough.
func parseAlert(a alert.Alert, s string) (alert.Alert, error) {
	words := strings.Fields(s)
	if s == alertOff {
		return a, nil
	}
	if slices.Contains([]string{"off", "never", "none", "no", "false", "disabled"}, strings.ToLower(s)) {
		return a, fmt.Errorf(`%q is not known; write "off" for never`, s)
	}
	rest := words
	var err error
	if len(rest) > 0 && a.Unit != alert.State && rest[0] != "of" && rest[0] != "for" {
		if len(rest) > 1 && a.Unit == alert.Seconds && rest[1] != "of" && rest[1] != "for" { // "10 days"
			rest = append([]string{rest[0] + " " + rest[1]}, rest[2:]...)
		}
		if a.Limit, err = parseLimit(a, rest[0]); err != nil {
			return a, err
		}
		rest = rest[1:]
	}
	for _, part := range []struct {
		word      string
		dst       *time.Duration
		low, high time.Duration
	}{{"of", &a.Before, alert.LeastBefore, alert.MostBefore}, {"for", &a.For, 0, alert.MostFor}} {
		i := slices.Index(rest, part.word)
		if i < 0 || i+1 >= len(rest) || part.word == "of" && a.Before == 0 {
			continue
		}
		if *part.dst, err = ParseDuration(rest[i+1]); err != nil {
			return a, err
		}
		if *part.dst < part.low || *part.dst > part.high {
			return a, fmt.Errorf("%s is out of range; write a duration from %s to %s", rest[i+1], showDuration(part.low), showDuration(part.high))
		}
		rest = slices.Delete(slices.Clone(rest), i, i+2)
	}
	if len(words) == 0 || len(rest) > 0 {
		return a, fmt.Errorf(`%q does not say when the alert is raised; write it as %q, or "off" for never`, s, showAlert(defaultOf(a)))
	}
	return a, nil
}

// defaultOf is the alert as the list has it.
func defaultOf(a alert.Alert) alert.Alert {
	all := alert.All()
	return all[slices.IndexFunc(all, func(b alert.Alert) bool { return b.Name == a.Name })]
}

// parseLimit reads "90%", or a duration, by what the alert counts.
func parseLimit(a alert.Alert, s string) (float64, error) {
	if a.Unit == alert.Seconds {
		d, err := ParseDuration(s)
		if err == nil && (d.Seconds() < a.Least || d.Seconds() > a.Most) {
			err = fmt.Errorf("%s is out of range; write a duration from %s to %s", s, showSeconds(a.Least), showSeconds(a.Most))
		}
		return d.Seconds(), err
	}
	digits, percent := strings.CutSuffix(s, "%")
	n, err := strconv.ParseFloat(digits, 64)
	switch {
	case err == nil && !percent:
		return n, fmt.Errorf(`%q has no unit; write "%s%%"`, s, s)
	case err != nil || strings.Trim(digits, "0123456789.") != "":
		return n, fmt.Errorf(`%q is not a share; write a number and %%, such as "%s%%"`, s, a.Number())
	case n < a.Least || n > a.Most:
		return n, fmt.Errorf("%s is out of range; write a share from %s%% to %s%%", s, strconv.FormatFloat(a.Least, 'f', -1, 64), strconv.FormatFloat(a.Most, 'f', -1, 64))
	}
	return n, nil
}

func showSeconds(n float64) string { return showDuration(time.Duration(n * float64(time.Second))) }
