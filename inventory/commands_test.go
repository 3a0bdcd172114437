package inventory

import (
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/fault"
)

// TestWorkersAndTimers: what is not said is filled in, and hosts are in the file's order.
func TestWorkersAndTimers(t *testing.T) {
	inv := parse(t, strings.Replace(minimal, "[app]\n", "[app]\nbuild = [\"one\\r\\ntwo\"]\n", 1)+`
[[app.worker]]
name = "mail"
command = """
cd mail\r\n\
exec python mail.py
"""
[[app.worker]]
name = "beat"
command = "python beat.py --at 50%"
hosts = "one"
[[app.worker]]
name = "import"
command = "python import.py"
hosts = ["web3", "web1"]
count = 4
stop_timeout = "5m"
[[app.timer]]
name = "mail" # a worker may have the same name
command = "python clean.py"
schedule = "hourly"
[[app.timer]]
name = "report"
command = "python report.py"
schedule = "Mon *-*-* 04:00:00 Europe/Lisbon"
host = "web2"
timeout = "6h"
persistent = false
`)
	if got := inv.App.Background[0].Command; got != "cd mail\nexec python mail.py\n" {
		t.Errorf("a command of two lines is %q", got)
	}
	if got := inv.App.Build; !slices.Equal(got, []string{"one\ntwo"}) {
		t.Errorf("the commands of a release are %q", got)
	}
	for i, want := range []string{"web1,web2,web3", "web1", "web1,web3"} {
		if got := strings.Join(inv.App.Background[i].Hosts, ","); got != want {
			t.Errorf("%s runs on %s, not %s", inv.App.Background[i].Name, got, want)
		}
	}
	if w := inv.App.Background[0]; w.Count != 1 || w.StopTimeout != 30*time.Second {
		t.Errorf("the defaults are %+v", w)
	}
	want := []Timer{
		{"mail", "python clean.py", "hourly", "web1", time.Hour, true},
		{"report", "python report.py", "Mon *-*-* 04:00:00 Europe/Lisbon", "web2", 6 * time.Hour, false},
	}
	if !slices.Equal(inv.App.Timers, want) {
		t.Errorf("the timers are %+v", inv.App.Timers)
	}
}

func TestWrongCommands(t *testing.T) {
	const worker, timer = "[[app.worker]]\nname = \"a\"\ncommand = \"x\"\n", "[[app.timer]]\nname = \"a\"\ncommand = \"x\"\nschedule = \"daily\"\n"
	for name, c := range map[string]struct {
		text    string
		line    int // after the end of minimal, from 1
		code    fault.Code
		message string
	}{
		"no command":      {"[[app.worker]]\nname = \"a\"\n", 1, fault.Lacking, `app.worker[0].command: a worker needs a command; add command = "python manage.py …"`},
		"no name":         {"[[app.worker]]\ncommand = \"x\"\n", 1, fault.Lacking, `app.worker[0].name: a worker needs a name; add name = "…"`},
		"no schedule":     {"[[app.timer]]\nname = \"a\"\ncommand = \"x\"\n", 1, fault.Lacking, `app.timer[0].schedule: a timer needs a time; add schedule = "03:30"`},
		"a name twice":    {worker + worker, 5, fault.WrongValue, "app.worker[1].name: there is another worker a; give each its own name"},
		"a name of a way": {strings.Replace(worker, `"a"`, `"../a"`, 1), 2, fault.WrongValue, `app.worker[0].name: "../a" is not a name that a unit can have; use a-z, 0-9 and dashes, a letter first, at most 31`},
		"an instance":     {strings.Replace(worker, `"a"`, `"a@2"`, 1), 2, fault.WrongValue, `app.worker[0].name: "a@2" is not a name that a unit can have; use a-z, 0-9 and dashes, a letter first, at most 31`},
		"nobody":          {worker + "hosts = []\n", 4, fault.WrongValue, `app.worker[0].hosts: the list is empty; name the hosts that run it, or "one" for the first, or remove the line for all with the role app`},
		"no host":         {worker + "hosts = [\"web4\"]\n", 4, fault.Contradiction, `app.worker[0].hosts: there is no host "web4"; did you mean web1?`},
		"the balancer":    {timer + "host = \"lb1\"\n", 5, fault.Contradiction, "app.timer[0].host: lb1 does not have the role app; the app hosts are web1, web2, web3"},
		"cron":            {strings.Replace(timer, "daily", "*/5 * * * *", 1), 4, fault.WrongValue, `app.timer[0].schedule: "*/5 * * * *" is a time in the form of cron; write "*:0/5"`},
		"a password":      {"[app]\nsource = \"app\"\nindex_url = \"https://me:hush@packages.example.com/simple\"\n", 3, fault.WrongValue, `app.index_url: there is a user or password in the URL; write where the URL comes from: { env = "NAME" }, { file = "path" } or { command = ["program", "argument"] }`},
		"plain HTTP":      {"[app]\nsource = \"app\"\nindex_url = \"http://packages.example.com/simple\"\n", 3, fault.WrongValue, `app.index_url: "http://packages.example.com/simple" does not begin with https://; write a URL that does`},
	} {
		t.Run(name, func(t *testing.T) {
			text, before := minimal, strings.Count(minimal, "\n")
			if strings.HasPrefix(c.text, "[app]") {
				text = strings.Replace(minimal, "[app]\nsource = \"app\"\n", "", 1)
				before -= 2
			}
			oneError(t, text+c.text, before+c.line, c.code, c.message)
		})
	}
}

// TestCron: how systemd writes the times of a crontab.
func TestCron(t *testing.T) {
	for cron, want := range map[string]string{
		"0 3 * * *": `"03:00"`, "30 4 * * 1-5": `"Mon..Fri 04:30"`, "15 2 1 * *": `"*-*-01 02:15"`, "0 0 1 jan,jul *": `"*-01,07-01 00:00"`,
		"*/10 8-18 * * mon,wed": `"Mon,Wed 08..18:0/10"`, "0 */6 * * *": `"0/6:00"`, "* * * * *": `"*:*"`, "5 4 * * 7": `"Sun 04:05"`, "0 12 * 6 0": `"Sun *-06-* 12:00"`,
		"10-40/15 * * * *": `"*:10..40/15"`, "0 0 */2 * *": `"*-*-1/2 00:00"`,
		"0 9 13 * 5": `"*-*-13 09:00", and "Fri *-*-* 09:00" in a second timer, since cron runs it on either day`,
	} {
		err := schedule(cron)
		if err == nil || !strings.HasSuffix(err.Error(), "write "+want) {
			t.Errorf("%s: %v, not %s", cron, err, want)
			continue
		}
		for i, at := range strings.Split(want, `"`) {
			if i%2 == 1 && calendar(at) != nil {
				t.Errorf("%s: %s is no time of systemd's", cron, at)
			}
		}
	}
	for text, want := range map[string]string{
		"@daily": `@daily is a word of cron; write "daily"`, "@midnight": `@midnight is a word of cron; write "daily"`, "@reboot": "[[app.worker]]",
		"61 * * * *": "is not a time of systemd's calendar", "@every 5m": "is not a time of systemd's calendar", "* * * * * *": "is not a time of systemd's calendar",
	} {
		if err := schedule(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %s", text, err, want)
		}
	}
	for _, text := range []string{"daily", "03:30", "Mon..Fri 04:30", "*:0/5", "*-*-01 02:15:00 UTC"} {
		if err := schedule(text); err != nil {
			t.Error(err)
		}
	}
}
