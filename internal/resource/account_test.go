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
	if err != nil || show(c) != "nginx=on hold>gets updates socat=>installed" {
		t.Errorf("%q, %v", show(c), err)
	}
	if len(c.Steps) != 2 || c.Steps[1].(Run).Script != "apt-mark -q unhold nginx" {
		t.Errorf("%+v", c.Steps)
	}
}

// TestAccountsOfFiles: the entries of accounts are read from the file where getent would
// find them there first, the first of a name; getent is asked for those that are not in it.
func TestAccountsOfFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("passwd", "root:x:0:0::/root:/bin/sh\napp:x:1:1::/:/file\napp:x:2:2::/:/second\nodd:x\n")
	write("getent", "#!/bin/sh\nshift 2\necho \"asked $*\" >>"+dir+"/log\nfor n; do case $n in none) ;; *) echo \"$n:x:9:9::/:/getent\" ;; esac; done\ncase \" $* \" in *' none '*) exit 2 ;; esac\n")
	write("id", "#!/bin/sh\nshift 2\nfor n; do echo of-$n; done\n")
	for nss, want := range map[string]string{
		"files systemd\n":             "app=/file app2=/getent none= root=/bin/sh; asked app2 none\n",
		"files\n":                     "app=/file app2=/getent none= root=/bin/sh; asked app2 none\n",
		"files [SUCCESS=merge] sss\n": "app=/getent app2=/getent none= root=/getent; asked app app2 none root\n",
		"sss files\n":                 "app=/getent app2=/getent none= root=/getent; asked app app2 none root\n",
	} {
		write("nsswitch.conf", "# passwd: of a comment\npasswd:         "+nss+"group: files\n")
		write("log", "")
		names := [][]string{{"app"}, {"app2"}, {"none"}, {"root"}}
		script := strings.NewReplacer("/etc/passwd", dir+"/passwd", "/etc/nsswitch.conf", dir+"/nsswitch.conf", "/etc/shadow", dir+"/none", "/etc/group", dir+"/none").Replace("f(){\n" + userKind{}.Script(names) + "\n}\nf\n")
		cmd := exec.Command("sh")
		cmd.Env, cmd.Stdin = []string{"PATH=" + dir + ":/usr/bin:/bin"}, strings.NewReader(script)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		found := make([]Observed, len(names))
		userKind{}.Parse(names, strings.Split(strings.TrimSpace(string(out)), "\n"), found)
		got := ""
		for i, n := range names {
			got += " " + n[0] + "=" + found[i].Get("shell")
			if shell := found[i].Get("shell"); (found[i].State == Absent) != (shell == "") || shell != "" && found[i].Get("groups") != "of-"+n[0] {
				t.Errorf("%s: %s is %v", nss, n[0], found[i])
			}
		}
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		if got = got[1:] + "; " + string(log); got != want {
			t.Errorf("%s: %q, not %q", nss, got, want)
		}
	}
}

// TestTold: a script that starts no process answers as a Query does, and the next one is
// asked whatever it returned.
func TestTold(t *testing.T) {
	seen := look(t, Told("echo one; echo two"), Told("echo no >&2; return 3\necho not here"), Told("read -r x; echo \"got $x\"; return 5"))
	for i, want := range []struct {
		state   State
		rc, out string
	}{{Present, "0", "one\ntwo"}, {Absent, "3", "no"}, {Unknown, "5", "got"}} {
		if o := seen[i]; o.State != want.state || o.Get("rc") != want.rc || strings.TrimSpace(o.Get("out")) != want.out {
			t.Errorf("script %d: %v", i, o)
		}
	}
}
