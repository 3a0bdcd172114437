package roles

import (
	"path"
	"strings"

	"foobar/internal/resource"
	"foobar/internal/sh"
)

// accessLog makes an access log before the program that writes it does,
// readable by the group adm, to which the collector belongs. Its content is the
// program's.
func accessLog(file, owner string) resource.Custom {
	log, dir, want := sh.Quote(file), sh.Quote(path.Dir(file)), "0640 "+owner+":adm"
	return resource.Custom{
		Name: resource.NewID("log", file), In: resource.Prepare,
		Ask: "[ -e " + log + " ] || exit 3\nstat -c '%04a %U:%G' -- " + log,
		Compare: func(o resource.Observed) (resource.Change, error) {
			got := strings.TrimSpace(o.Get("out"))
			if o.State == resource.Present && got == want {
				return resource.Change{}, nil
			}
			c := resource.Change{Action: resource.Update, Fields: []resource.Field{{Name: "mode and owner", Old: got, New: want}},
				Steps: []resource.Step{resource.Run{Title: "own " + file, Script: "[ -d " + dir + " ] || foobar_dir 0755 root:root " + dir + "\n" +
					"own='0640 " + owner + ":adm'\nif [ -e " + log + " ] || [ -L " + log + " ]; then foobar_own $own " + log + "; else foobar_put $own " + log + " </dev/null; fi"}}}
			if o.State == resource.Absent {
				c.Action = resource.Create
			}
			return c, nil
		},
	}
}
