package resource_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// debHost stands for a host: a folder in place of /var/lib/foobar/packages, and
// a dpkg that says what the test wants.
type debHost struct {
	t   *testing.T
	dir string
}

func newDebHost(t *testing.T) debHost {
	h := debHost{t, t.TempDir()}
	h.write("bin/dpkg-query", "#!/bin/sh\n[ -f "+h.dir+"/installed ] || exit 1\nread -r status version <"+h.dir+"/installed\n[ ! -f "+h.dir+"/held ] && want=install || want=hold\n"+
		"case $* in *package*) printf 'package\\tsample\\t%s\\t%s\\t%s\\n' \"$status\" $want \"$version\" ;; *) echo \"$status $version\" ;; esac\n")
	h.write("bin/dpkg-deb", "#!/bin/sh\n[ \"$3\" = Version ] && echo 1.2-3 || echo sample\n")
	return h
}

func (h debHost) write(name, text string) {
	h.t.Helper()
	p := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

func (h debHost) has(name string) bool {
	_, err := os.Stat(filepath.Join(h.dir, name))
	return err == nil
}

// run runs a script of the host's and returns what it said.
func (h debHost) run(script string) (string, error) {
	cmd := exec.Command("sh", "-eu")
	cmd.Stdin = strings.NewReader(sh.Files + strings.ReplaceAll(script, "/var/lib/foobar/packages", h.dir+"/packages"))
	cmd.Env = append(os.Environ(), "PATH="+h.dir+"/bin:"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (h debHost) diff(r resource.Resource) resource.Change {
	h.t.Helper()
	set := resource.Compile([]resource.Probe{r.Probe()})
	out, err := h.run("set +eu\n" + ask.Script(asktest.Token, set.Script()))
	if err != nil {
		h.t.Fatalf("%v: %s", err, out)
	}
	seen, err := set.Read(asktest.Answer(strings.Split(out, "\n")...))
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := r.Diff(seen[0])
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func digest(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

func TestDebIsKnownByItsDigest(t *testing.T) {
	h := newDebHost(t)
	deb := resource.Deb{Name: "sample", Sum: digest("the file"), Source: "/local/sample.deb"}
	file := resource.DebFile{Deb: deb}

	put, ok := h.diff(file).Steps[0].(resource.Put)
	if !ok || put.File != deb.Source || put.Path != "/var/lib/foobar/packages/sample.deb" {
		t.Fatalf("a missing file is brought by %+v", put)
	}
	if out, err := h.run(strings.ReplaceAll(put.Check, "%s", "x")); err != nil {
		t.Errorf("a package of that name is refused: %s", out)
	}
	h.write("packages/sample.deb", "the file")
	if c := h.diff(file); !c.Empty() {
		t.Errorf("a file that is there is brought again: %+v", c)
	}
	c := h.diff(deb)
	if c.Action != resource.Create || len(c.Steps) != 2 || c.Steps[0].(resource.Apt).Packages[0] != put.Path {
		t.Fatalf("installed by %+v", c)
	}
	note := c.Steps[1].(resource.Run).Script
	h.write("installed", "installed 1.0-0")
	if out, err := h.run(note); err == nil || !strings.Contains(out, "installed 1.0-0 where installed 1.2-3") {
		t.Errorf("another version is noted as the wanted one: %v %s", err, out)
	}
	h.write("installed", "installed 1.2-3")
	if c := h.diff(deb); c.Empty() {
		t.Error("an installation cut off before its record is not finished")
	}
	if out, err := h.run(note); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !h.diff(deb).Empty() || !h.diff(file).Empty() || h.has("packages/sample.deb") {
		t.Errorf("did not converge, or left the file behind: %+v %+v", h.diff(deb), h.diff(file))
	}

	h.write("held", "")
	if c := h.diff(file); len(c.Steps) != 1 || c.Fields[0].Old != "on hold" || !h.diff(deb).Empty() {
		t.Errorf("a package on hold: %+v", c)
	}
	other := deb
	other.Sum = digest("another file of the same version")
	if h.diff(other).Empty() || h.diff(resource.DebFile{Deb: other}).Empty() {
		t.Error("another file counts as the same package")
	}
	h.write("installed", "installed 2.0-0")
	if c := h.diff(deb); c.Empty() || c.Action != resource.Update || c.Fields[0].Old != "2.0-0" {
		t.Errorf("a version installed since by others: %+v", c)
	}
	h.write("installed", "config-files 1.2-3")
	if c := h.diff(deb); c.Empty() || c.Fields[0].Old != "config-files" {
		t.Errorf("a removed package: %+v", c)
	}
}

func TestDebIsFetchedByItsDigest(t *testing.T) {
	h := newDebHost(t)
	h.write("bin/curl", "#!/bin/sh\nwhile [ $# -gt 2 ]; do [ \"$1\" != -o ] || to=$2; shift; done\n[ \"$1 $2\" = '-- https://example.com/a b.deb' ] || exit 9\nprintf fetched >\"$to\"\n")
	deb := resource.Deb{Name: "sample", Sum: digest("something else"), URL: "https://example.com/a b.deb"}
	script := func() string { return h.diff(resource.DebFile{Deb: deb}).Steps[0].(resource.Run).Script }
	if out, err := h.run(script()); err == nil || !strings.Contains(out, "not "+deb.Sum) {
		t.Errorf("a file of another digest is taken: %v %s", err, out)
	}
	if h.has("packages/sample.deb") || h.has("packages/sample.deb.new") {
		t.Error("a refused file stays")
	}
	deb.Sum = digest("fetched")
	if out, err := h.run(script()); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if c := h.diff(resource.DebFile{Deb: deb}); !c.Empty() {
		t.Errorf("did not converge: %+v", c)
	}
	deb.Name = "other"
	if out, err := h.run(script()); err == nil || !strings.Contains(out, "not a Debian package named other") {
		t.Errorf("a package of another name is taken: %v %s", err, out)
	}
}

func TestDebRefusesWhatItCannotKnow(t *testing.T) {
	sum := digest("x")
	for name, d := range map[string]resource.Deb{
		"no source":   {Name: "a", Sum: sum},
		"two sources": {Name: "a", Sum: sum, Source: "/a", URL: "https://a"},
		"no digest":   {Name: "a", Source: "/a"},
		"bad digest":  {Name: "a", Source: "/a", Sum: strings.Repeat("Z", 64)},
	} {
		for _, r := range []resource.Resource{d, resource.DebFile{Deb: d}} {
			if _, err := r.Diff(resource.Observed{State: resource.Present}); err == nil {
				t.Errorf("%s: %T takes it", name, r)
			}
		}
	}
	d := resource.Deb{Name: "a", Sum: sum, Source: "/a"}
	if c, err := d.Diff(resource.Observed{}); err != nil || !c.Provisional {
		t.Errorf("no answer: %+v, %v", c, err)
	}
}
