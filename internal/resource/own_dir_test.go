package resource

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/sh"
)

// TestOwnDirLook: what lies in a folder, and whose it is.
func TestOwnDirLook(t *testing.T) {
	content := []string{".lock", "site-[0-9]*T[0-9]*Z.sql.zst", "site-[0-9]*T[0-9]*Z.json"}
	for name, c := range map[string]struct {
		files  []string
		mark   string
		others string
	}{
		"empty":    {nil, "", ""},
		"foobar's": {[]string{".lock", "lost+found/", "site-20260131T030000Z.sql.zst", "site-20260131T030000Z.json"}, "", ""},
		"others'":  {[]string{"index.html", "site-20260131T030000Z.sql.zst"}, "", "index.html"},
		"hidden":   {[]string{"..x", ".ssh/"}, "", ".ssh, ..x"},
		"many":     {[]string{"a", "b", "c", "d", "e", "*"}, "", "*, a, b and 3 more"},
		"alike":    {[]string{"site-20260131T030000Z.sql.zst.bak"}, "", "site-20260131T030000Z.sql.zst.bak"},
		"marked":   {[]string{OwnMark, "notes"}, "yes", ""},
		"mark/":    {[]string{OwnMark + "/"}, "", ""},
	} {
		dir := filepath.Join(t.TempDir(), "a b")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, f := range c.files {
			var err error
			if path, isDir := strings.CutSuffix(f, "/"); isDir {
				err = os.Mkdir(filepath.Join(dir, path), 0o700)
			} else {
				err = os.WriteFile(filepath.Join(dir, f), nil, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		d := OwnDir{Path: dir, Content: content}
		other := OwnDir{Path: dir + "-none", Content: []string{"*"}}
		seen := look(t, d.Probe(), other.Probe())
		user, group := owner(t)
		o := seen[0]
		if o.State != Present || o.Get("type") != "directory" || o.Get("mode") != "0700" || o.Get("owner") != user+":"+group || o.Get("mark") != c.mark || o.Get("others") != c.others {
			t.Errorf("%s: %v %v", name, o.State, o.Attrs)
		}
		if seen[1].State != Absent {
			t.Errorf("one that is not there: %v", seen[1])
		}
	}
}

// TestOwnDirTakesNothing: a folder of others is refused, and nothing in it or of
// it changed.
func TestOwnDirTakesNothing(t *testing.T) {
	d := OwnDir{Path: "/srv/x", Key: "db.backup.path"}
	for name, c := range map[string]struct {
		attrs string // owner mode mark others type
		known bool
		want  Action // "" for nothing to do
		says  string // of a refusal
	}{
		"as it should be":       {"root:root 0700 yes", false, "", ""},
		"opened by hand":        {"root:root 0755 yes", false, Update, ""},
		"given away by hand":    {"mysql:mysql 0700 yes", true, Update, ""},
		"empty":                 {"root:root 0755", false, Update, ""},
		"with others' files":    {"root:root 0700 - index.html", false, "", "in it is index.html"},
		"a user's, empty":       {"www-data:www-data 0755", false, "", "it is www-data:www-data's"},
		"of an earlier version": {"root:root 0700 - mine.sql", true, Update, ""},
		"known, but no longer":  {"root:root 0755 - mine.sql", true, "", "in it is mine.sql"},
		"crontabs":              {"root:crontab 1730", false, "", "it is root:crontab's"},
	} {
		f := append(strings.Fields(c.attrs), "", "")
		o := Observed{State: Present, Attrs: map[string]string{"type": "directory", "owner": f[0], "mode": f[1], "mark": strings.Trim(f[2], "-"), "others": f[3]}}
		d.Known = c.known
		got, err := d.Diff(o)
		switch {
		case c.says != "":
			if err == nil || !strings.Contains(err.Error(), "/srv/x belongs to others: "+c.says+"; name an empty folder") {
				t.Errorf("%s: %v, %+v", name, err, got)
			}
		case err != nil || got.Action != c.want && !got.Empty() || (c.want == "") != got.Empty():
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
	for _, kind := range []string{"symbolic link", "regular file"} {
		if _, err := d.Diff(Observed{State: Present, Attrs: map[string]string{"type": kind, "owner": "root:root", "mode": "0777"}}); err == nil || !strings.Contains(err.Error(), "it is a "+kind) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if c, err := d.Diff(Observed{Reason: "cut off"}); err != nil || c.Action == Create {
		t.Errorf("what was not seen is made: %+v, %v", c, err)
	}
}

// TestOwnDirConverges runs the steps: the second look finds nothing to do.
func TestOwnDirConverges(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the steps give the folder to root")
	}
	base, err := os.MkdirTemp("/var/lib", "foobar-test") // in folders of root's
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	for _, there := range []bool{false, true} {
		d := OwnDir{Path: filepath.Join(base, "new"), Content: []string{".lock"}}
		if there {
			d.Path = base + "/old"
			if err := os.Mkdir(d.Path, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		c, err := d.Diff(look(t, d.Probe())[0])
		if err != nil || len(c.Steps) != 1 {
			t.Fatalf("%+v, %v", c, err)
		}
		if out, err := exec.Command("sh", "-euc", sh.Files+c.Steps[0].(Run).Script).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if c, err := d.Diff(look(t, d.Probe())[0]); err != nil || !c.Empty() {
			t.Errorf("the second look: %+v, %v", c, err)
		}
	}
}
