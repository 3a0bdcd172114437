package resource

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAccountOfItsOwn: of an account that is foobar's alone every right is compared, of
// one that packages bring only what foobar needs.
func TestAccountOfItsOwn(t *testing.T) {
	entry := func(line, groups string) Observed {
		found := make([]Observed, 1)
		userKind{}.Parse([][]string{{"app"}}, []string{"asked", line, groups}, found)
		return found[0]
	}
	const good = "app:x:998:998::/nonexistent:/usr/sbin/nologin"
	for _, c := range []struct{ line, groups, password, want, script string }{
		{good, "app", "", "", ""},
		{good, "app tls", "", "", ""},
		{"app:x:998:998::/nonexistent:/bin/bash", "app", "", "shell=/bin/bash>/usr/sbin/nologin", "usermod -s /usr/sbin/nologin app\n"},
		{"app:x:998:998::/home/eve:/usr/sbin/nologin", "app", "", "home=/home/eve>/nonexistent", "usermod -P /. -d /nonexistent app\n"},
		{good, "root", "", "group=root>app", "getent group app >/dev/null || groupadd -r -- app\nusermod -g app app\n"},
		{good, "app sudo tls adm", "", "groups=app sudo tls adm>-sudo,adm", "usermod -G tls app\n"},
		{good, "app", "lets in", "password=lets in>none", "usermod -p '!' app\n"},
	} {
		o := entry(c.line, c.groups)
		if c.password != "" {
			o.Set("password", c.password)
		}
		u := User{Name: "app", Own: true}
		if strings.Contains(c.groups, "tls") {
			u.Groups = []string{"tls"}
		}
		d, err := u.Diff(o)
		if err != nil || show(d) != c.want {
			t.Errorf("%s, %s: %q, %v", c.line, c.groups, show(d), err)
		}
		if c.want != "" && d.Steps[0].(Run).Script != c.script {
			t.Errorf("%s: %s", c.want, d.Steps[0].(Run).Script)
		}
		u.Own = false
		if d, err := u.Diff(o); err != nil || !d.Empty() {
			t.Errorf("an account that is shared: %q, %v", show(d), err)
		}
	}
	if _, err := (User{Name: "app", Own: true}).Diff(entry("app:x:0:0::/nonexistent:/usr/sbin/nologin", "root")); err == nil {
		t.Error("an account with the number of root passes")
	}
}

// TestAccountWhoseGroupIsGone: id complains of it, and what it says of the others is heard.
func TestAccountWhoseGroupIsGone(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"getent": "printf 'app:x:998:4242::/nonexistent:/usr/sbin/nologin\nweb:x:997:997::/nonexistent:/usr/sbin/nologin\n'",
		"id":     "echo 'id: cannot find name for group ID 4242' >&2; printf '4242\nweb\n'; exit 1",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	args := [][]string{{"app"}, {"web"}}
	cmd := exec.Command("sh", "-euc", "o(){ :; }\nask(){\n"+userKind{}.Script(args)+"\n}\nask")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	found := make([]Observed, 2)
	userKind{}.Parse(args, strings.Split(strings.TrimSpace(string(out)), "\n"), found)
	if c, err := (User{Name: "app", Own: true}).Diff(found[0]); err != nil || show(c) != "group=4242>app" {
		t.Errorf("%q, %v", show(c), err)
	}
	if c, err := (User{Name: "web", Own: true}).Diff(found[1]); err != nil || !c.Empty() {
		t.Errorf("the other one: %q, %v", show(c), err)
	}
}

// TestMembersOfItsGroup: who is in the group of an account that is foobar's alone may read
// what it may read; who came after foobar goes.
func TestMembersOfItsGroup(t *testing.T) {
	u := User{Name: "app", Own: true, Members: []string{"www-data"}}
	found := make([]Observed, 1)
	userKind{}.Parse([][]string{{"app"}}, []string{"asked", "app:x:998:998::/nonexistent:/usr/sbin/nologin", "app"}, found)
	o := found[0]
	o.Set("members", "www-data,alice,eve")
	if c, err := u.Diff(o); err != nil || !c.Empty() {
		t.Errorf("from before: %q, %v", show(c), err)
	}
	if names, ok := u.Found(o); !ok || strings.Join(names, "; ") != "alice in the group app; eve in the group app" {
		t.Errorf("found %q", names)
	}
	o = o.With(func(name string) bool { return strings.HasPrefix(name, "eve ") })
	c, err := u.Diff(o)
	if err != nil || show(c) != "member of the group=eve>none" || c.Steps[0].(Run).Script != "gpasswd -d eve app >/dev/null\n" {
		t.Errorf("what came later: %q, %v, %v", show(c), c.Steps, err)
	}
	if stay := u.Unmanaged(o); len(stay) != 1 || stay[0] != "alice in the group app" {
		t.Errorf("listed %q", stay)
	}
	u.Own = false
	if _, ok := u.Found(o); ok {
		t.Error("an account that is shared says who is in its group")
	}
}

func TestPackageOnHold(t *testing.T) {
	p := Packages{For: "x", Names: []string{"nginx", "curl", "socat"}}
	found := make([]Observed, 1)
	packageKind{}.Parse([][]string{p.Names}, []string{"package\tnginx\tinstalled\thold\t1.22", "package\tcurl\tinstalled\tinstall\t7.88", "packages asked"}, found)
	c, err := p.Diff(found[0])
	if err != nil || show(c) != "socat=>installed nginx=on hold>gets updates" {
		t.Errorf("%q, %v", show(c), err)
	}
	if len(c.Steps) != 2 || c.Steps[1].(Run).Script != "apt-mark -q unhold nginx" {
		t.Errorf("%+v", c.Steps)
	}
}

// TestTold: a script that starts no process answers as a Query does, and the next one is
// asked whatever it returned. As much is taken of its words as of a Query's.
func TestTold(t *testing.T) {
	seen := look(t, Told("echo one; echo two"), Told("echo no >&2; return 3\necho not here"), Told("read -r x; echo \"got $x\"; return 5"),
		Told("yes | head -c 300000"), Query("yes | head -c 300000"))
	for i, want := range []struct {
		state   State
		rc, out string
	}{{Present, "0", "one\ntwo"}, {Absent, "3", "no"}, {Unknown, "5", "got"}} {
		if o := seen[i]; o.State != want.state || o.Get("rc") != want.rc || strings.TrimSpace(o.Get("out")) != want.out {
			t.Errorf("script %d: %v", i, o)
		}
	}
	for _, o := range seen[3:] {
		if got := o.Get("out"); o.State != Present || len(got) != 256<<10 {
			t.Errorf("%v: %d bytes", o.State, len(got))
		}
	}
}
