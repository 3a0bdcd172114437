package roles

import (
	"fmt"
	"strings"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// AppTLSOnly ends plain HTTP between hosts, once every web server speaks TLS.
type AppTLSOnly struct{}

// Name is the role's name on the command line.
func (AppTLSOnly) Name() string { return "app" }

// Resources are the end of plain HTTP.
func (AppTLSOnly) Resources(*play.Site, *inventory.Host) ([]resource.Resource, error) {
	end := fmt.Sprintf(`if [ -e %[1]s ]; then
  touch -d '+%[2]d seconds' -- %[1]s
  systemd-run -q --collect --on-active=%[3]d --timer-property=AccuracySec=1s -- rm -f -- %[1]s || :
fi
`, appPlain, appPlainLinger, appPlainLinger+1)
	return []resource.Resource{resource.Custom{Name: resource.NewID("app-plain", "ended"), In: resource.Converge, Ask: askAppPlain, Compare: func(o resource.Observed) (resource.Change, error) {
		if got := strings.TrimSpace(o.Get("out")); o.State != resource.Present || got != "plain" && got != "open" {
			return resource.Change{}, nil
		}
		return resource.Change{Action: resource.Update, Reason: "every web server speaks TLS with the application by then",
			Fields: []resource.Field{{Name: "plain HTTP", Old: "served", New: fmt.Sprintf("refused, %d s after the web servers", appPlainLinger)}},
			Steps:  []resource.Step{resource.Run{Title: "end plain HTTP", Script: end}}}, nil
	}}}, nil
}
