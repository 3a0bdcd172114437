package resource

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/sh"
)

// look asks a probe of this machine's own sh.
func look(t *testing.T, probes ...Probe) []Observed {
	t.Helper()
	set := Compile(probes)
	cmd := exec.Command("sh")
	cmd.Stdin = strings.NewReader(ask.Script(asktest.Token, set.Script()))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen, err := set.Read(asktest.Answer(strings.Split(string(out), "\n")...))
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func owner(t *testing.T) (string, string) {
	t.Helper()
	u, err := exec.Command("id", "-un").Output()
	if err != nil {
		t.Fatal(err)
	}
	g, err := exec.Command("id", "-gn").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(u)), strings.TrimSpace(string(g))
}

func TestFileIsSeenAsItIs(t *testing.T) {
	dir := t.TempDir()
	user, group := owner(t)
	odd := filepath.Join(dir, "odd 'name' $(x) \\n")
	for path, text := range map[string]string{odd: "same", dir + "/differs": "now\n", dir + "/empty": ""} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("differs", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	want := []File{
		{Path: odd, Content: []byte("same")},
		{Path: dir + "/differs", Content: []byte("wanted\n")},
		{Path: dir + "/empty", Content: nil, Mode: 0o600},
		{Path: dir + "/missing", Content: []byte("x"), Secret: true},
		{Path: dir + "/link", Content: []byte("now\n")},
		{Path: dir + "/gone", Absent: true},
	}
	var probes []Probe
	for i := range want {
		want[i].Owner, want[i].Group = user, group
		probes = append(probes, want[i].Probe())
	}
	fields := []string{"", "content=now\n>wanted\n", "mode=0644>0600", "mode=>0644 owner=>" + user + ":" + group + " content=>[secret]",
		"type=symbolic link>regular file mode=0777>0644", ""}
	for i, o := range look(t, probes...) {
		c, err := want[i].Diff(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(c); got != fields[i] {
			t.Errorf("%s: %q, not %q", want[i].Path, got, fields[i])
		}
		if (len(c.Steps) == 0) != (fields[i] == "") {
			t.Errorf("%s: %d steps", want[i].Path, len(c.Steps))
		}
	}
}

// TestRemovalShowsWhatGoes: the text of a file that everybody may read, and of
// one that is not for everybody, itself or by its folder, the size alone.
func TestRemovalShowsWhatGoes(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("whether others can read a file, root alone can try")
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"open": 0o644, "closed": 0o640, "folder/open": 0o644, "empty": 0o644, "bytes": 0o644} {
		text := "port 80\n"
		switch name {
		case "empty":
			text = ""
		case "bytes":
			text = "\xff\xfe"
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"open":        "state=present>absent content=port 80\n>",
		"closed":      "state=present>absent size=8 bytes>",
		"folder/open": "state=present>absent size=8 bytes>",
		"empty":       "state=present>absent size=0 bytes>",
		"bytes":       "state=present>absent size=2 bytes>",
		"none":        "",
	} {
		f := File{Path: filepath.Join(dir, name), Absent: true}
		c, err := f.Diff(look(t, f.Probe())[0])
		if got := show(c); err != nil || got != want {
			t.Errorf("%s: %q, not %q (%v)", name, got, want, err)
		}
	}
}

func show(c Change) string {
	var parts []string
	for _, f := range c.Fields {
		parts = append(parts, f.Name+"="+f.Old+">"+f.New)
	}
	return strings.Join(parts, " ")
}

func TestDirectoryInTheWayIsAnError(t *testing.T) {
	dir := t.TempDir()
	f := File{Path: dir, Content: []byte("x")}
	if _, err := f.Diff(look(t, f.Probe())[0]); err == nil || !strings.Contains(err.Error(), "move it away by hand") {
		t.Errorf("the error is %v", err)
	}
	if c, err := (Link{Path: dir, Absent: true}).Diff(look(t, f.Probe())[0]); err != nil || !c.Empty() {
		t.Errorf("a folder is no link to remove: %v %v", c, err)
	}
}

func TestLinkAndDir(t *testing.T) {
	dir := t.TempDir()
	user, group := owner(t)
	l := Link{Path: dir + "/l", Target: "a b"}
	for range 2 {
		c, err := l.Diff(look(t, l.Probe())[0])
		if err != nil || c.Empty() {
			t.Fatalf("%v %v", c, err)
		}
		if out, err := exec.Command("sh", "-euc", sh.Files+c.Steps[0].(Run).Script).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if c, err := l.Diff(look(t, l.Probe())[0]); err != nil || !c.Empty() {
			t.Fatalf("still %v %v", c, err)
		}
		l.Target = "elsewhere"
	}
	d := Dir{Path: dir + "/d", Mode: 0o750, Owner: user, Group: group}
	if c, err := d.Diff(look(t, d.Probe())[0]); err != nil || show(c) != "mode=>0750 owner=>"+user+":"+group {
		t.Errorf("%v %v", show(c), err)
	}
}

func TestUnknownIsNeverAbsence(t *testing.T) {
	for _, r := range []Resource{File{Path: "/x"}, File{Path: "/x", Absent: true}, Dir{Path: "/x"}, Link{Path: "/x", Absent: true},
		User{Name: "x"}, Packages{For: "x", Names: []string{"x"}}, Service{Unit: "x.service"}} {
		c, err := r.Diff(Observed{Reason: "cut off"})
		if err != nil || !c.Provisional || len(c.Steps) != 0 {
			t.Errorf("%s: an answer that did not arrive plans %+v, %v", r.ID(), c, err)
		}
	}
}

func TestCutAnswerIsAnError(t *testing.T) {
	set := Compile([]Probe{File{Path: "/x"}.Probe()})
	if _, err := set.Read(asktest.Answer("tok begin 0", "0\tstate\tabsent")); err == nil {
		t.Error("an answer without its end was believed")
	}
	for _, frame := range []string{"7", "-1", "x", "0 1 state", "0 x state", "1 0 state", "0 0"} {
		seen, err := set.Read(asktest.Answer("tok begin "+frame, "present", "0\tstate", "tok done"))
		if err != nil || seen[0].State != Unknown {
			t.Errorf("%q: %+v, %v", frame, seen, err)
		}
	}
}

func TestQuery(t *testing.T) {
	for script, want := range map[string]State{"echo hi": Present, "exit 3": Absent, "exit 4": Unknown} {
		if got := look(t, Query(script))[0]; got.State != want {
			t.Errorf("%s: %s", script, got.State)
		}
	}
	if got := look(t, Query("printf 'a\tb\n\nc'"))[0].Get("out"); got != "a\tb\n\nc" {
		t.Errorf("the output is %q", got)
	}
}

// TestProbesDoNotTouchEachOther: what is alike is asked once, and no script changes
// what the shell of the others is.
func TestProbesDoNotTouchEachOther(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	q := Query("echo asked >>" + sh.Quote(log) + "; cd /; umask 077; f=x; exit 3")
	seen := look(t, q, Query("o(){ echo mine; }; o; set -e; false; echo not reached"), q, Query("cat; echo \"${f-none}$#\""), Query("exec sh -c 'echo gone; exit 7'"))
	for i, want := range []string{"3 ", "1 mine", "3 ", "0 none0", "7 gone"} {
		if got := seen[i].Get("rc") + " " + seen[i].Get("out"); got != want {
			t.Errorf("query %d: %q, not %q", i, got, want)
		}
	}
	if text, err := os.ReadFile(log); err != nil || string(text) != "asked\n" {
		t.Errorf("two that are alike were asked: %q, %v", text, err)
	}
}

// TestUsersAreAskedTogether: those that are there, in whatever order, and no others.
func TestUsersAreAskedTogether(t *testing.T) {
	seen := look(t, User{Name: "nobody"}.Probe(), User{Name: "not-there"}.Probe(), User{Name: "root"}.Probe(), User{Name: "-x"}.Probe())
	for i, want := range []string{"65534 nogroup", "", "0 root", ""} {
		got := strings.TrimSpace(seen[i].Get("uid") + " " + seen[i].Get("groups"))
		if got != want || (seen[i].State == Present) != (want != "") || seen[i].State == Unknown {
			t.Errorf("%d: %q %s, not %q", i, got, seen[i].State, want)
		}
	}
	if none := look(t, User{Name: "not-there"}.Probe())[0]; none.State != Absent {
		t.Errorf("alone and not there: %s", none.State)
	}
}

// reporting is a kind that reports one text in every way there is.
type reporting struct{ file, value string }

func (k reporting) Script([][]string) string {
	q, v := sh.Quote(k.file), sh.Quote(k.value)
	return "echo before\nb 0 b <" + q + "\nv 0 v " + v + "\nt 0 t; printf %s " + v + "; e\no 0 state present\necho after\n"
}

func (reporting) Parse(_ [][]string, lines []string, found []Observed) {
	found[0].Set("lines", strings.Join(lines, "|"))
}

// TestReportsKeepEveryByte: a text comes as it is, however it is reported.
func TestReportsKeepEveryByte(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	all := make([]byte, 255)
	for i := range all {
		all[i] = byte(i + 1)
	}
	for _, text := range []string{"", "\n", "no end", "one\n", "\n\ntwo\n\n", "0\tstate\tabsent\n", "tok begin\ntok", "a\\n\\0%s $x `y` 'z'\r\n", string(all), "é\u202e\x1b[2J\n", strings.Repeat("\n", 1000)} {
		path := t.TempDir() + "/a b"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o := look(t, Probe{Kind: reporting{path, text}, Args: []string{}})[0]
		for _, key := range []string{"b", "v", "t"} {
			if got := o.Get(key); got != text {
				t.Errorf("%s: %.80q came as %.80q", key, text, got)
			}
		}
		if o.State != Present || o.Get("lines") != "before|after" {
			t.Errorf("%.80q: %s, %q", text, o.State, o.Get("lines"))
		}
	}
}
