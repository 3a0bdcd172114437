package roles

import (
	"strconv"

	"foobar/internal/monitoring/measure"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// appExporter asks the application of a host for its own metrics by the site's name, as it
// is asked for its health: some frameworks refuse any other.
func appExporter(inv *inventory.Inventory, h *inventory.Host) play.Exporter {
	if inv.App.MetricsPath == "" {
		return play.Exporter{}
	}
	// What is cut off is not taken as the whole: curl fails when nobody reads on. So it does
	// where the answer leads elsewhere, which is no answer.
	return play.Exporter{Name: "app", Foreign: true, Script: "#!/bin/bash\n# Written by foobar; changes made here are undone by the next deploy.\nset -o pipefail\n" +
		"curl -q -fsSL --max-redirs 0 --max-time 8 --noproxy '*' -H 'X-Forwarded-Proto: https' -H " + sh.Quote("Host: "+inv.Site.Domain) + " " + sh.Quote(measure.AppURL(inv, h)) + " | head -c " + strconv.Itoa(measure.AppBytes) + "\n"}
}
