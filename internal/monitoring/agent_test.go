package monitoring_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/internal/monitoring"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// aptHost stands for a host: a folder in place of /var/lib/foobar/packages, and a dpkg and
// an apt whose packages are files. What lies in "needs" goes with a package.
type aptHost struct {
	t   *testing.T
	dir string
}

func newAptHost(t *testing.T) aptHost {
	h := aptHost{t, t.TempDir()}
	h.put("bin/dpkg-query", `#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
r=0
cd `+h.dir+`/status || exit 2
for p; do if [ -e "$p" ]; then printf 'package\t%s\t%s\tinstall\t1\n' "$p" "$(cat "$p")"; else r=1; fi; done
exit $r
`)
	h.put("bin/apt-get", `#!/bin/sh
for p; do :; done
cd `+h.dir+` || exit 2
echo asked >>simulations
echo "Reading package lists..."
while [ "$1" != -- ]; do shift; done
shift
for p; do echo "Remv $p [1.0]"; done
[ ! -e needs ] || cat needs
[ ! -e broken ] || { echo "E: Unmet dependencies." >&2; exit 100; }
`)
	h.put("bin/dpkg", `#!/bin/sh
cd `+h.dir+` || exit 2
[ ! -e locked ] || { rm locked; echo "dpkg: error: dpkg frontend lock was locked by another process with pid 7"; exit 2; }
[ ! -e needs ] || { echo "dpkg: dependency problems prevent removal of $3"; exit 1; }
echo "$*" >>log
case $1 in --purge) rm "status/$3" ;; *) echo config-files >"status/$3" ;; esac
`)
	h.put("bin/sleep", "#!/bin/sh\n")
	h.put("status/.keep", "")
	return h
}

func (h aptHost) put(name, text string) {
	h.t.Helper()
	p := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o700); err != nil {
		h.t.Fatal(err)
	}
}

func (h aptHost) text(name string) string {
	raw, _ := os.ReadFile(filepath.Join(h.dir, name))
	return strings.TrimSpace(string(raw))
}

func (h aptHost) noted(name string) bool {
	_, err := os.Stat(filepath.Join(h.dir, "packages", name+".agent"))
	return err == nil
}

func (h aptHost) run(script string) (string, error) {
	cmd := exec.Command("sh", "-eu")
	// The folder of the test is not root's all the way up.
	plain := "foobar_above() { :; }\nfoobar_dir() { mkdir -p \"$3\"; }\nfoobar_put() { cat >\"$3\"; }\n"
	cmd.Stdin = strings.NewReader(sh.Files + plain + strings.ReplaceAll(script, "/var/lib/foobar/packages", h.dir+"/packages"))
	cmd.Env = append(os.Environ(), "PATH="+h.dir+"/bin:"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (h aptHost) look(list ...resource.Resource) []resource.Observed {
	h.t.Helper()
	var probes []resource.Probe
	for _, r := range list {
		probes = append(probes, r.Probe())
	}
	set := resource.Compile(probes)
	out, err := h.run("set +eu\n" + ask.Script(asktest.Token, set.Script()))
	if err != nil {
		h.t.Fatalf("%v: %s", err, out)
	}
	seen, err := set.Read(asktest.Answer(strings.Split(out, "\n")...))
	if err != nil {
		h.t.Fatalf("%v: %s", err, out)
	}
	return seen
}

// apply looks, does what is to be done, and expects nothing more then.
func (h aptHost) apply(r resource.Resource) (fields string) {
	h.t.Helper()
	for turn := range 2 {
		c, err := r.Diff(h.look(r)[0])
		if err != nil {
			h.t.Fatal(err)
		}
		if turn == 1 && !c.Empty() {
			h.t.Fatalf("%s is not done: %+v", r.ID(), c.Fields)
		}
		for _, f := range c.Fields {
			fields += f.Name + ": " + f.Old + " -> " + f.New
		}
		for _, step := range c.Steps {
			if out, err := h.run(step.(resource.Run).Script); err != nil {
				h.t.Fatalf("%v: %s", err, out)
			}
		}
	}
	return fields
}

// TestAgentClaims: what is not there yet becomes foobar's, once.
func TestAgentClaims(t *testing.T) {
	h := newAptHost(t)
	a := monitoring.Agent{Name: "exporter", Files: []string{h.dir + "/exporter.yml"}, Where: "site.toml:12: monitoring.provider", Host: "web1"}
	h.put("status/exporter", "config-files") // of a package that foobar had before
	if got := h.apply(a); got != "installed by:  -> foobar" || !h.noted("exporter") {
		t.Errorf("%s, noted %v", got, h.noted("exporter"))
	}
	h.put("status/exporter", "installed")
	h.put("exporter.yml", "ours")
	if got := h.apply(a); got != "" {
		t.Error(got)
	}
}

// TestAgentLeavesOthersAlone: a package, a file or a unit that stood there before is refused
// with where and what to do, and is not removed later; where the provider does not mind, it
// is used and stays.
func TestAgentLeavesOthersAlone(t *testing.T) {
	for found, put := range map[string]func(aptHost){
		"exporter": func(h aptHost) { h.put("status/exporter", "installed") },
		"/exporter.yml": func(h aptHost) {
			h.put("status/exporter", "config-files")
			h.put("exporter.yml", "theirs")
		},
		"/masked.service": func(h aptHost) {
			if err := os.Symlink("/nonexistent", h.dir+"/masked.service"); err != nil {
				h.t.Fatal(err)
			}
		},
	} {
		h := newAptHost(t)
		put(h)
		a := monitoring.Agent{Name: "exporter", Files: []string{h.dir + "/exporter.yml", h.dir + "/masked.service"}, Where: "site.toml:12: monitoring.provider", Host: "web1"}
		_, err := a.Diff(h.look(a)[0])
		want := "site.toml:12: monitoring.provider: " + strings.Replace(found, "/", h.dir+"/", 1) + " was on web1 before foobar came"
		if err == nil || !strings.HasPrefix(err.Error(), want) || fault.Of(err) != fault.PackageConflict {
			t.Errorf("%s: %v", found, err)
		}
		a.Where = ""
		if c, err := a.Diff(h.look(a)[0]); found == "exporter" && (err != nil || !c.Empty()) {
			t.Errorf("%s: %v, %v", found, c, err)
		}
		if got := h.apply(a.Removed("exporter")); got != "" || h.text("log") != "" {
			t.Errorf("%s is removed: %s", found, got)
		}
	}
}

// TestAgentGoes: what was claimed is removed, its data only where they are named, and
// never what others need.
func TestAgentGoes(t *testing.T) {
	for name, c := range map[string]struct {
		status, needs, fields, log string
		data                       bool
	}{
		"another provider": {"installed", "", "exporter: installed -> removed; its data stay", "--remove -- exporter", false},
		"with data":        {"installed", "", "exporter: installed -> purged with its data", "--purge -- exporter", true},
		"half gone":        {"config-files", "", "exporter: config-files -> purged with its data", "--purge -- exporter", true},
		"gone":             {"config-files", "", "note: foobar's -> none", "", false},
		"needed": {"installed", "Remv a [1]\nRemv b [1]\nInst c\nRemv d\nRemv e\nRemv f\nRemv g",
			"exporter: foobar's -> stays, and is not foobar's any more; others need it: a b c d e and 2 more", "", true},
	} {
		h := newAptHost(t)
		h.put("packages/exporter.agent", "")
		h.put("status/exporter", c.status)
		h.put("locked", "") // at first
		if c.needs != "" {
			h.put("needs", c.needs+"\n")
		}
		r := monitoring.Agent{}.Removed("exporter")
		if c.data {
			r = monitoring.Leaving("exporter", true)
		}
		if got := h.apply(r); got != c.fields || h.text("log") != c.log || h.noted("exporter") {
			t.Errorf("%s: %q, apt-get %q, noted %v", name, got, h.text("log"), h.noted("exporter"))
		}
	}
}

// TestAgentStaysWhereAptIsMute: what apt cannot say is no reason to give up a package; once
// it can, the package goes.
func TestAgentStaysWhereAptIsMute(t *testing.T) {
	h := newAptHost(t)
	h.put("packages/exporter.agent", "")
	h.put("status/exporter", "installed")
	h.put("broken", "")
	r := monitoring.Agent{}.Removed("exporter")
	c, err := r.Diff(h.look(r)[0])
	faulttest.Wants(t, err, "RUN12")
	if !c.Empty() || !strings.Contains(err.Error(), "exporter") || !strings.Contains(err.Error(), "E: Unmet dependencies.") || !h.noted("exporter") {
		t.Errorf("%+v, %v", c, err)
	}
	if err := os.Remove(filepath.Join(h.dir, "broken")); err != nil {
		t.Fatal(err)
	}
	if got := h.apply(r); got != "exporter: installed -> removed; its data stay" || h.noted("exporter") {
		t.Error(got)
	}
}

// TestAgentNeededMeanwhile: what came to need a package since the plan was made keeps it.
func TestAgentNeededMeanwhile(t *testing.T) {
	h := newAptHost(t)
	h.put("packages/exporter.agent", "")
	h.put("status/exporter", "installed")
	r := monitoring.Agent{}.Removed("exporter")
	c, err := r.Diff(h.look(r)[0])
	if err != nil {
		t.Fatal(err)
	}
	h.put("needs", "Remv theirs [1]\n")
	out, err := h.run(c.Steps[0].(resource.Run).Script)
	if err == nil || !strings.Contains(out, "prevent removal of exporter") || h.text("log") != "" || !h.noted("exporter") {
		t.Errorf("%v: %s; apt-get %s", err, out, h.text("log"))
	}
}

// TestAgentsGoTogether: apt is asked once about all that go, and about each only where
// something of others would go with them.
func TestAgentsGoTogether(t *testing.T) {
	h := newAptHost(t)
	var list []resource.Resource
	for _, name := range []string{"a", "b", "theirs", "gone"} {
		if name != "theirs" {
			h.put("packages/"+name+".agent", "")
		}
		if name != "gone" {
			h.put("status/"+name, "installed")
		}
		list = append(list, monitoring.Agent{}.Removed(name))
	}
	told := func() (all []string) {
		for i, o := range h.look(list...) {
			c, err := list[i].Diff(o)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range c.Fields {
				all = append(all, f.Name+" "+f.New)
			}
		}
		return all
	}
	if got := strings.Join(told(), ", "); got != "a removed; its data stay, b removed; its data stay, note none" || h.text("simulations") != "asked" {
		t.Errorf("%s; apt was asked %q", got, h.text("simulations"))
	}
	h.put("needs", "Remv c [1]\n")
	if got := strings.Join(told(), ", "); !strings.Contains(got, "a stays, and is not foobar's any more; others need it: c") || strings.Contains(got, "theirs") {
		t.Error(got)
	}
}

// TestRestingAgents: while monitoring is off, the packages stay, and stay foobar's.
func TestRestingAgents(t *testing.T) {
	h := newAptHost(t)
	list := monitoring.Resting([]string{"agent:exporter", "file:/etc/x", "agent:other"})
	if len(list) != 2 || list[0].ID() != "agent:exporter" || list[1].ID() != "agent:other" {
		t.Fatal(list)
	}
	for i, o := range h.look(list...) {
		if c, err := list[i].Diff(o); err != nil || !c.Empty() {
			t.Errorf("%s: %+v, %v", list[i].ID(), c, err)
		}
	}
}

// TestReader: an account leaves the group of those that read the host's key.
func TestReader(t *testing.T) {
	r := monitoring.Reader{Account: "prometheus"}
	in := resource.Observed{State: resource.Present, Attrs: map[string]string{"groups": "prometheus adm " + play.LeafGroup}}
	if c, err := r.Diff(in); err != nil || !c.Empty() {
		t.Errorf("%+v, %v", c, err)
	}
	gone := r.Removed("prometheus")
	c, err := gone.Diff(in)
	if err != nil || len(c.Steps) != 1 || c.Steps[0].(resource.Run).Script != "gpasswd -d prometheus foobar-tls >/dev/null\n" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, o := range []resource.Observed{{State: resource.Absent}, {State: resource.Present, Attrs: map[string]string{"groups": "prometheus"}}} {
		if c, err := gone.Diff(o); err != nil || !c.Empty() {
			t.Errorf("%+v: %+v, %v", o, c, err)
		}
	}
}
