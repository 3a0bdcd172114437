package roles

import (
	"strings"

	"foobar/internal/resource"
)

// haproxyDefaults is a file of the package's, by which its unit lets other options take the
// place of its own.
const haproxyDefaults = "/etc/default/haproxy"

// haproxyOptions takes out what an earlier setup says there: another configuration than
// foobar's, or options without the master's socket, by which foobar reloads HAProxy.
// It counts at the next start. Source: haproxy.service of Debian's package.
func haproxyOptions() resource.Custom {
	return resource.Custom{Name: resource.NewID("options", haproxyUnit), In: resource.Prepare, Ask: `f=` + haproxyDefaults + `
[ ! -f $f ] || while IFS= read -r l || [ "$l" ]; do
  case ${l#"${l%%[! 	]*}"} in CONFIG=* | EXTRAOPTS=* | PIDFILE=*) printf '%s\n' "$l" ;; esac
done <$f
`, Compare: func(o resource.Observed) (resource.Change, error) {
		said := strings.TrimSpace(o.Get("out"))
		switch {
		case o.State == resource.Unknown:
			return resource.Unseen(o), nil
		case said == "":
			return resource.Change{}, nil
		}
		c := resource.Change{Action: resource.Update, Reason: haproxyDefaults + " has HAProxy start with options that are not foobar's"}
		for _, line := range strings.Split(said, "\n") {
			c.Fields = append(c.Fields, resource.Field{Name: "option", Old: line, New: "commented out"})
		}
		c.Steps = []resource.Step{resource.Run{Title: "comment out options in " + haproxyDefaults,
			Script: `sed -E 's/^[ 	]*(CONFIG|EXTRAOPTS|PIDFILE)=/#&/' ` + haproxyDefaults + ` | foobar_put 0644 root:root ` + haproxyDefaults}}
		return c, nil
	}}
}
