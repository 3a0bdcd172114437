package resource

import (
	_ "embed" // scripts
	"slices"
	"strings"

	"foobar/internal/sh"
)

// LoadScript is shell, under set -eu and with the functions of sh.Files, by
// which the unit takes in files without a deploy: when it runs, can reload, and
// has not loaded one of the paths as it is now, it is reloaded and its stamp says
// so, as after a deploy. What only a restart takes in stays as it was in the
// stamp. The paths must be among Loads.
func (s Service) LoadScript(paths ...string) string {
	if !s.Reload {
		return ""
	}
	var reloads, restarts []string
	for _, id := range s.Loads {
		if slices.Contains(s.Restarts, id) {
			restarts = append(restarts, id.Name())
		} else {
			reloads = append(reloads, id.Name())
		}
	}
	slices.Sort(reloads)
	check := ""
	if s.Check != "" && s.ReloadScript == "" { // a script says itself whether what it loaded is good
		check = "( set -eu\n" + s.Check + "\n)\n"
	}
	return strings.NewReplacer("@unit@", sh.Quote(s.Unit), "@paths@", sh.Join(paths...), "@restarts@", sh.Join(restarts...),
		"@check@\n", check, "@reloads@", sh.Join(reloads...), "@reload@", s.reload()).Replace(loadScript)
}

// loadScript compares as loaded does. The digests are taken before the reload,
// so that a file changed in between is seen as not loaded. It lies on hosts.
//
//go:embed service_load.sh
var loadScript string
