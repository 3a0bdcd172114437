package roles

import (
	_ "embed" // a script
	"path"
	"strings"

	"foobar/internal/distro"
	"foobar/internal/monitoring"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/internal/sh"
	"foobar/templates"
)

// accessLog makes an access log before the program that writes it can, so that the
// group adm may read it, to which the collector belongs. What is in it is the
// program's.
func accessLog(system distro.Release, file, owner string) resource.Custom {
	log, dir, want := sh.Quote(file), sh.Quote(path.Dir(file)), "0640 "+owner+":adm"
	own := "[ -d " + dir + " ] || foobar_dir 0755 root:root " + dir + "\n" +
		"own='0640 " + owner + ":adm'\nif [ -e " + log + " ] || [ -L " + log + " ]; then foobar_own $own " + log + "; else foobar_put $own " + log + " </dev/null; fi"
	if system.OpenLogs {
		own = sh.Set("dir", path.Dir(file), "name", path.Base(file), "owner", owner) + openLogScript
	}
	return resource.Custom{
		Name: resource.NewID("log", file), In: resource.Prepare,
		Of: resource.Look(file),
		Compare: func(o resource.Observed) (resource.Change, error) {
			if o.State == resource.Unknown {
				return resource.Unseen(o), nil
			}
			got := strings.TrimSpace(o.Get("mode") + " " + o.Get("owner"))
			if o.State == resource.Present && got == want {
				return resource.Change{}, nil
			}
			c := resource.Change{Action: resource.Update, Fields: []resource.Field{{Name: "mode and owner", Old: got, New: want}},
				Steps: []resource.Step{resource.Run{Title: "own " + file, Script: own}}}
			if o.State == resource.Absent {
				c.Action = resource.Create
			}
			return c, nil
		},
	}
}

//go:embed access_log_open.sh
var openLogScript string

// requests are the receivers for a server that counts and logs requests:
// templates/NAME/receivers.yaml.tmpl, with the port of its statistics.
func requests(name string, port int, log, in string) play.Collected {
	return play.Collected{Metrics: []string{name}, Logs: []string{"filelog/" + name}, Config: func(s *play.Site) ([]byte, map[string]secret.String, error) {
		text, err := templates.Render(name+"/receivers.yaml.tmpl", map[string]any{"Port": port, "Log": log, "Category": monitoring.Category(s.Inv, in)})
		return text, nil, err
	}}
}
