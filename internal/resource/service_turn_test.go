package resource

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/sh"
)

// TestClockThatWasSetBack: a unit file that is another than at the last turn is read, though
// systemd, which goes by its time, takes it for the one that it has.
func TestClockThatWasSetBack(t *testing.T) {
	for name, c := range map[string]struct{ stamp, want string }{
		"never turned":   {"", ""},
		"as it was":      {Digest([]byte("new")), ""},
		"another by now": {Digest([]byte("old")), "daemon-reload\n"},
	} {
		dir := t.TempDir()
		unit := dir + "/systemd/system/x.service"
		if err := os.MkdirAll(dir+"/systemd/system", 0o755); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{unit: "new", dir + "/systemctl": "#!/bin/sh\ncase $* in is-enabled*) ;; show*) printf 'LoadState=loaded\\nFragmentPath=%s\\nNeedDaemonReload=no\\n' " + unit + " ;; *) echo \"$*\" >>" + dir + "/did ;; esac\n"}
		if c.stamp != "" {
			files[dir+"/x.service"] = "time 1\ninvocation 2\n" + c.stamp + "  " + unit + "\n"
		}
		for path, text := range files {
			if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		script := strings.ReplaceAll(Service{Unit: "x.service", Loads: []ID{NewID("file", unit)}}.TurnScript(""), "/run/foobar", dir)
		cmd := exec.Command("sh", "-euc", sh.Files+script)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", name, err, out)
		}
		if did, _ := os.ReadFile(dir + "/did"); string(did) != c.want {
			t.Errorf("%s: systemctl was told %q, not %q", name, did, c.want)
		}
	}
}

// TestTurnAfterTheClockWasSetBack: files that were written while the clock was ahead are
// loaded once a turn has loaded them, and not only when the clock is there again.
func TestTurnAfterTheClockWasSetBack(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	for _, verb := range []string{"reload", "restart"} {
		h := newLoadHost(t, "active")
		for path, text := range map[string]string{"date": "#!/bin/sh\necho 1000000000\n", "started": "1000000000"} {
			if err := os.WriteFile(h.path(path), []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		look := func() Change {
			set := Compile([]Probe{h.service().Probe()})
			seen, err := set.Read(asktest.Answer(strings.Split(h.run(ask.Script(asktest.Token, set.Script())), "\n")...))
			if err != nil {
				t.Fatal(err)
			}
			c, err := h.service().Diff(seen[0])
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if c := look(); c.Empty() {
			t.Fatal("files from after the start are taken for loaded")
		}
		h.run(h.service().TurnScript(verb))
		if c := look(); !c.Empty() {
			t.Errorf("after the %s they are still not loaded: %v", verb, c.Fields)
		}
	}
}

// TestSystemdReadsUnitFilesOnlyWhenTheyChanged: a turn has systemd read all unit files
// anew where one of the unit's is not what systemd has, and else not, for that costs a
// bare host more than most of its services' starts.
func TestSystemdReadsUnitFilesOnlyWhenTheyChanged(t *testing.T) {
	const asLoaded = "LoadState=loaded\nFragmentPath=/etc/systemd/system/x.timer\nDropInPaths=\nNeedDaemonReload=no\n\n" +
		"LoadState=loaded\nFragmentPath=/etc/systemd/system/x.service\nDropInPaths=/etc/systemd/system/x.service.d/a.conf /etc/systemd/system/x.service.d/b.conf\nNeedDaemonReload=no"
	with := func(old, new string) string { return strings.Replace(asLoaded, old, new, 1) }
	const reads = "daemon-reload"
	for name, c := range map[string]struct {
		unit, says, enabled string
		read                string // what was seen to be read
		want                string
	}{
		"seen to be enabled and read":      {says: "", enabled: "no", read: " /etc/systemd/system/x.service /etc/systemd/system/x.timer /etc/systemd/system/x.service.d/a.conf /etc/systemd/system/x.service.d/b.conf "},
		"seen without a drop-in":           {says: asLoaded, enabled: "no", read: " /etc/systemd/system/x.service /etc/systemd/system/x.timer /etc/systemd/system/x.service.d/a.conf ", want: reads},
		"as on disk":                       {says: asLoaded},
		"one changed":                      {says: with("NeedDaemonReload=no\n\n", "NeedDaemonReload=yes\n\n"), want: reads},
		"the other one changed":            {says: strings.TrimSuffix(asLoaded, "no") + "yes", want: reads},
		"not known yet":                    {says: with("LoadState=loaded", "LoadState=not-found"), want: reads},
		"a drop-in that it has not seen":   {says: with(" /etc/systemd/system/x.service.d/b.conf", ""), want: reads},
		"the name is the start of another": {says: with("b.conf", "b.conf.old"), want: reads},
		"a unit file of the package's":     {says: with("FragmentPath=/etc/systemd/system/x.timer", "FragmentPath=/usr/lib/systemd/system/x.timer"), want: reads},
		"systemd says nothing":             {says: "", want: reads},
		"an instance":                      {unit: "x@1.service", says: asLoaded, want: reads},
		"masked":                           {says: with("LoadState=loaded", "LoadState=masked"), want: "unmask -q -- x.timer unmask -q --runtime -- x.timer " + reads},
		"not enabled":                      {says: asLoaded, enabled: "no", want: "enable -q -- x.timer"},
		"masked, so not enabled":           {says: "masked", enabled: "no", want: "unmask -q -- x.timer unmask -q --runtime -- x.timer enable -q -- x.timer"},
		"enabled until the next boot":      {says: asLoaded, enabled: "enabled-runtime", want: "enable -q -- x.timer"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fake := "#!/bin/sh\ncase $1 in is-enabled) echo \"$ENABLED\"; [ \"$ENABLED\" != no ] ;; show) printf '%s\\n' \"$SAYS\" ;; *) echo \"$*\" >>" + dir + "/did ;; esac\n"
			if err := os.WriteFile(dir+"/systemctl", []byte(fake), 0o755); err != nil {
				t.Fatal(err)
			}
			s := Service{Unit: "x.timer", Loads: []ID{"file:/etc/systemd/system/x.timer", "file:/etc/systemd/system/x.service", "file:/etc/x.conf",
				"file:/etc/systemd/system/x.service.d/a.conf", "file:/etc/systemd/system/x.service.d/b.conf"}}
			if c.unit != "" {
				s.Unit = c.unit
			}
			script := s.TurnScript("")
			if c.read != "" { // there is a stamp, then
				script = strings.ReplaceAll(sh.Set("enabled", "yes", "read", c.read)+script, "/run/foobar", dir)
				var stamp strings.Builder
				for _, id := range s.Loads {
					stamp.WriteString(Digest(nil) + "  " + id.Name() + "\n")
				}
				for path, text := range map[string]string{"/x.timer": stamp.String(), "/sha256sum": "#!/bin/sh\ncat " + dir + "/x.timer\n"} {
					if err := os.WriteFile(dir+path, []byte(text), 0o755); err != nil {
						t.Fatal(err)
					}
				}
			}
			cmd := exec.Command("sh", "-euc", sh.Files+script)
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "SAYS="+c.says, "ENABLED="+c.enabled)
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v: %s", err, out)
			}
			did, _ := os.ReadFile(dir + "/did")
			if got := strings.Join(strings.Split(strings.TrimSpace(string(did)), "\n"), " "); got != c.want {
				t.Errorf("systemctl was told %q, not %q", got, c.want)
			}
		})
	}
}
