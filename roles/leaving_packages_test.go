package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault/faulttest"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// TestPackagesThatGo: the programs, and of what came with them what nothing else needs;
// never what was there before, what somebody asked for, or what was left over already.
func TestPackagesThatGo(t *testing.T) {
	s, h := leavingSite(t)
	const metapackage = "status mysql-server installed\nstatus nginx installed\nwith mysql-server\nwith nginx\nalone mysql-server\nalone nginx\n" +
		"alone mysql-server-8.4\nalone libold1\nalone nginx-common\nalone libdev:i386\nalone libleft\norphan libleft\n" +
		"auto mysql-server-8.4\nauto libold1\nauto libdev:i386\nauto libleft\n"
	for name, c := range map[string]struct {
		out  string
		data bool
		want string // the fields' names, "" for no change
	}{
		"nothing there":      {"noted\n", false, ""},
		"what came alone":    {"noted\nbefore libold1\n" + metapackage, false, "mysql-server nginx libdev:i386 mysql-server-8.4"},
		"of an architecture": {"noted\nbefore libold1\nbefore libdev\n" + metapackage, false, "mysql-server nginx mysql-server-8.4"},
		"nothing was noted":  {metapackage, false, "mysql-server nginx"},
		"of one source":      {metapackage + "kin mysql-server\nkin mysql-server-8.4\nkin nginx-common\nkin libleft\n", false, "mysql-server nginx mysql-server-8.4"},
		"configuration":      {"noted\nstatus nginx config-files\n", false, ""},
		"configuration goes": {"noted\nstatus nginx config-files\n", true, "nginx"},
	} {
		r := Leaving{Data: c.data, Packages: true}.packages(s, h)
		change, err := r.Compare(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": c.out}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var names []string
		for _, f := range change.Fields {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.want || change.Empty() != (c.want == "") {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	r := Leaving{Packages: true}.packages(s, h)
	for what, out := range map[string]string{
		"php-app":                 "noted\nstatus nginx installed\nwith nginx\nwith php-app\nauto x\n",
		"Unmet dependencies. Try": "noted\nstatus nginx installed\nbroken Unmet dependencies. Try 'apt --fix-broken install'.\n",
	} {
		_, err := r.Compare(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": out}})
		faulttest.Wants(t, err, "RUN12")
		if !strings.Contains(err.Error(), what) {
			t.Errorf("%v does not name %s", err, what)
		}
	}
}

// fakeApt is a host whose apt removes what is written for it.
func fakeApt(t *testing.T, simulated string) (dir string, run func(script string) (string, error)) {
	t.Helper()
	dir = t.TempDir()
	for program, text := range map[string]string{
		"apt-get": `case "$*" in
  *-s*" autoremove") echo "Remv libleft [1.0]" ;;
  *-s*AutomaticRemove=true" remove"*) printf 'Remv %s [1]\n' libleft mysql-server mysql-server-8.4 ;;
  *-s*" remove"*) ` + simulated + ` ;;
  *) echo "$*" >>` + dir + `/done ;;
esac`,
		"dpkg-query": `case "$*" in
  *'{source:Package} '*) printf '%s\n' "glibc libc6" "mysql-8.4 mysql-server" "mysql-8.4 mysql-server-8.4" ;;
  *source:Package*) echo mysql-8.4 ;;
  *) printf '%s\n' "installed mysql-server" "installed redis" "config-files nginx" "not-installed haproxy" ;;
esac`,
		"apt-mark": "printf '%s\\n' mysql-server-8.4 libleft",
	} {
		if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir, func(script string) (string, error) {
		cmd := exec.Command("sh", "-euc", "foobar_gone(){ rm -f -- \"$1\"; }\n"+sh.Set("before", dir+"/before", "kept", dir+"/kept", "stamp", dir+"/stamp", "verb", "purge", "always", "mysql-server")+script)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

// TestPackagesAreAskedAbout: what apt says becomes lines, and an apt that does not know is
// no apt that removes nothing.
func TestPackagesAreAskedAbout(t *testing.T) {
	dir, run := fakeApt(t, "echo 'Remv mysql-server [8.4.1]'")
	if err := os.WriteFile(filepath.Join(dir, "before"), []byte("installed libc6\nconfig-files gone\ninstalled mysql-server\ninstalled redis\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const ask = "set -- mysql-server nginx haproxy redis\n"
	want := "noted\nbefore libc6\nbefore mysql-server\nbefore redis\nstatus nginx config-files\nstatus mysql-server installed\norphan libleft\nwith mysql-server\nalone libleft\nalone mysql-server\nalone mysql-server-8.4\nauto mysql-server-8.4\nauto libleft\n"
	if got, err := run(ask + leavingPackagesAsk); err != nil || got != want {
		t.Errorf("%v: %s", err, got)
	}
	if err := os.Rename(filepath.Join(dir, "before"), filepath.Join(dir, "kept")); err != nil {
		t.Fatal(err)
	}
	if got, err := run(ask + leavingPackagesAsk); err != nil || got != want {
		t.Errorf("after a removal: %v: %s", err, got)
	}
	_, run = fakeApt(t, "echo 'Remv mysql-server [8.4.1]'")
	if got, err := run(ask + leavingPackagesAsk); err != nil || !strings.HasSuffix(got, "auto libleft\nkin mysql-server\nkin mysql-server-8.4\n") {
		t.Errorf("without a record: %v: %s", err, got)
	}
	_, run = fakeApt(t, "echo 'E: Unmet dependencies.' >&2; exit 100")
	if got, err := run(ask + leavingPackagesAsk); err != nil || !strings.Contains(got, "\nbroken Unmet dependencies.\n") || strings.Contains(got, "noted") {
		t.Errorf("%v: %s", err, got)
	}
}

// TestPackagesAsPlanned: apt removes what the plan says, or nothing.
func TestPackagesAsPlanned(t *testing.T) {
	const remove = "set -- mysql-server mysql-server-8.4\n"
	dir, run := fakeApt(t, "printf 'Remv %s [1]\\n' mysql-server mysql-server-8.4 php-app")
	out, err := run(remove + leavingPackages)
	if _, ran := os.Stat(dir + "/done"); err == nil || ran == nil || !strings.Contains(out, "more than was planned, so nothing was: php-app") {
		t.Errorf("%v: %s", err, out)
	}
	dir, run = fakeApt(t, "printf 'Remv %s [1]\\n' mysql-server mysql-server-8.4")
	for _, name := range []string{"before", "stamp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := run(remove + leavingPackages); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	done, _ := os.ReadFile(dir + "/done")
	if !strings.HasSuffix(string(done), "purge -- mysql-server mysql-server-8.4\n") {
		t.Errorf("it ran %s", done)
	}
	if _, err := os.Stat(dir + "/before"); err == nil {
		t.Error("what was there before is still noted, and the next deploy would not note it anew")
	}
	if _, err := os.Stat(dir + "/kept"); err != nil {
		t.Error("what was there before is forgotten, and the same removal given again takes it")
	}
}
