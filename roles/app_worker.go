package roles

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// sandboxed adds to the data of a unit what holds all processes of the app alike.
func sandboxed(data map[string]any, t *texts) map[string]any {
	data["Sandbox"] = string(t.of("app/sandbox.tmpl", data))
	return data
}

// commandData is what the unit of a command of the app is filled with.
func commandData(s *play.Site, h *inventory.Host, name, command string, t *texts) map[string]any {
	data := appUnitData(s, h)
	data["SetsUser"] = false // gunicorn's alone
	data["Name"], data["Command"] = name, commandLine(command)
	return sandboxed(data, t)
}

// commandLine is a command of the app as ExecStart= reads it. As in app.build, a shell
// runs it and finds python, the one of the virtual environment where there is one. The
// shell is bash, which gives way to the last command: systemd asks one process to end, and
// kills the others when that is gone. Debian's sh would stay, hear it and tell nobody.
func commandLine(command string) string {
	const find = `mkdir -p /tmp/.python; ln -sfn /usr/bin/python3 /tmp/.python/python; export PATH="$PWD/venv/bin:/tmp/.python:$PATH"; exec /bin/bash -ec "$0"`
	return "/bin/sh -ec " + unitWord(find) + " " + unitWord(command)
}

// unitWord quotes a word of a command line in a unit. Source: systemd.service(5).
func unitWord(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

// runs reports whether a host has a worker.
func runs(h *inventory.Host, w inventory.Worker) bool { return slices.Contains(w.Hosts, h.Name) }

func workerUnit(w inventory.Worker) string {
	return "/etc/systemd/system/app-worker-" + w.Name + "@.service"
}

// workerNames are the units of a worker on a host.
func workerNames(w inventory.Worker) []string {
	var all []string
	for n := 1; n <= w.Count; n++ {
		all = append(all, fmt.Sprintf("app-worker-%s@%d.service", w.Name, n))
	}
	return all
}

// workerUnits are the unit files of a host's workers. One that has a single host, as celery
// beat, must not run on two.
func workerUnits(s *play.Site, h *inventory.Host, t *texts) (want []resource.Resource) {
	for _, w := range s.Inv.App.Background {
		if runs(h, w) {
			unit := workerNames(w)[0]
			if len(w.Hosts) == 1 && s.WorksOn("app", h.Name) && !slices.Contains(s.Facts[h.Name].Owned, string(resource.Service{Unit: unit}.ID())) {
				t.err = cmp.Or(t.err, elsewhere(s, h, "worker "+w.Name, unit))
			}
			data := commandData(s, h, w.Name, w.Command, t)
			data["StopTimeout"] = wholeSeconds(w.StopTimeout)
			want = append(want, keptFile(s, h, resource.File{Path: workerUnit(w), Content: t.of("app/worker.service.tmpl", data)}))
		}
	}
	return want
}

// staysUp is for how long a worker must run before it counts as one that does.
const staysUp = 3 * time.Second

// runWorkers are a host's workers, which load what the app loads but for its unit. They
// come after the app, and requests do not notice their restart.
func runWorkers(s *play.Site, h *inventory.Host, app []resource.Resource) (want []resource.Resource) {
	var loads []resource.ID
	for _, r := range app {
		if service, ok := r.(resource.Service); ok && service.Unit == "app.service" {
			loads = slices.DeleteFunc(slices.Clone(service.Loads), func(id resource.ID) bool {
				return id.Name() == appUnit || id.Name() == appTLSConf
			})
		}
	}
	for _, w := range s.Inv.App.Background {
		if !runs(h, w) {
			continue
		}
		for _, unit := range workerNames(w) {
			// $n counts the looks, five a second.
			want = append(want, resource.Service{Unit: unit, Loads: append([]resource.ID{resource.NewID("file", workerUnit(w))}, loads...),
				Ready: fmt.Sprintf(`systemctl is-active -q -- "$u" || dead; [ "$n" -ge %d ]`, int(staysUp.Seconds()*5)), StopTimeout: w.StopTimeout})
		}
	}
	return want
}

// workerServices are what the verbs know of a host's workers.
func workerServices(inv *inventory.Inventory, h *inventory.Host) (all []play.Service) {
	for _, w := range inv.App.Background {
		if !runs(h, w) {
			continue
		}
		units := workerNames(w)
		journal := play.Journal{Unit: strings.TrimSuffix(units[0], ".service")}
		for _, unit := range units[1:] {
			journal.More = append(journal.More, strings.TrimSuffix(unit, ".service"))
		}
		all = append(all, play.Service{Name: "worker-" + w.Name, Layer: play.App, Units: units, Journal: journal})
	}
	return all
}

// calendarCheck is shell that fails where the host's systemd does not take a schedule.
func calendarCheck(schedule string) string {
	return "systemd-analyze calendar -- " + sh.Quote(schedule) + " >/dev/null"
}
