package engine

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault"
)

// TestPackagesOfOthersSources: a source of somebody else's that gives nothing keeps no
// package from being installed that another source has, and is named; without that it
// is the failure. What others have set for dpkg is outranked.
func TestPackagesOfOthersSources(t *testing.T) {
	for name, c := range map[string]struct {
		install string // what the installation does
		well    bool
	}{
		"another source has the package": {"exit 0", true},
		"none has it":                    {"echo 'E: Unable to locate package nginx'; exit 100", false},
	} {
		dir, run := fakePackages(t, map[string]string{
			"dpkg-query": "echo installed libc6",
			"dpkg":       "echo dpkg \"$@\" >>log",
			"apt-get":    "echo \"$@\" >>log\ncase \"$*\" in *update*) echo \"E: The repository 'http://vendor.example stable InRelease' is not signed.\"; exit 100 ;; esac\n" + c.install,
		})
		out, err := run("nginx")
		if (err == nil) != c.well || !strings.Contains(out, "http://vendor.example") || !strings.Contains(out, "going on") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		if strings.Count(string(log), "refuse-confnew") != 2 || strings.Count(string(log), "update") != 1 {
			t.Errorf("%s: what ran:\n%s", name, log)
		}
		if before, err := os.ReadFile(filepath.Join(dir, "packages-before")); err != nil || string(before) != "installed libc6\n" {
			t.Errorf("%s: what was there before is noted as %q, %v", name, before, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "apt-update")); err == nil {
			t.Errorf("%s: the lists count as fresh", name)
		}
	}
}

// TestPackagesThatAreFiles: a file takes the place of the package that is there, whatever its
// version; what is named beside it is installed as ever.
func TestPackagesThatAreFiles(t *testing.T) {
	dir, run := fakePackages(t, map[string]string{"dpkg-query": "echo installed libc6", "dpkg": "exit 0", "apt-get": "echo \"$@\" >>log"})
	if out, err := run("nginx", "/srv/x.deb"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	log, _ := os.ReadFile(filepath.Join(dir, "log"))
	for line := range strings.Lines(string(log)) {
		_, what, _ := strings.Cut(line, "install -- ")
		if file := what == "/srv/x.deb\n"; !file && what != "" && what != "nginx\n" || strings.Contains(line, "--allow-downgrades --reinstall") != file {
			t.Errorf("apt-get %s", line)
		}
	}
	if strings.Count(string(log), "install -- ") != 2 {
		t.Errorf("what ran:\n%s", log)
	}
}

// TestPackagesThatWereThereBefore are noted before the first transaction, and never again:
// not on a host that an earlier version has worked on, where it is too late.
func TestPackagesThatWereThereBefore(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"first":                        {"", "", "installed libc6\n"},
		"a second":                     {"packages-before", "old", "old"},
		"earlier version":              {"apt-update", "old", ""},
		"earlier, with a dead source":  {"history.jsonl", `{"id":"a1","verb":"deploy","outcome":"ok","changed":40}` + "\n", ""},
		"again, after a removal":       {"history.jsonl", `{"id":"a1","verb":"deploy","outcome":"ok"}` + "\n" + `{"id":"a2","verb":"remove","outcome":"ok"}` + "\n" + `{"id":"a3","verb":"deploy"}` + "\n", "installed libc6\n"},
		"a first one that was cut off": {"history.jsonl", `{"id":"a1","verb":"deploy"}` + "\n" + `{"id":"a2","verb":"deploy","outcome":"failed"}` + "\n", "installed libc6\n"},
	} {
		dir, run := fakePackages(t, map[string]string{"dpkg-query": "echo installed libc6", "dpkg": "exit 0", "apt-get": "exit 0"})
		if c.file != "" {
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := run("nginx"); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, "packages-before")); string(got) != c.want {
			t.Errorf("%s: noted %q, not %q", name, got, c.want)
		}
	}
}

// TestPackagesLeftHalfDone: where a host went down while packages were unpacked, dpkg lacks
// what they need, and apt installs nothing else before it has that; none goes for it. The
// words are those of dpkg 1.21 and apt 2.6.
func TestPackagesLeftHalfDone(t *testing.T) {
	const apt = `echo "$@" >>log
case $* in
-s*fix-broken*) [ ! -e never ] || echo 'Remv zzz [1]' ;;
*fix-broken*) [ ! -e never ] || { echo 'E: Packages need to be removed but remove is disabled.'; exit 100; }; : >whole ;;
*install*) [ -e whole ] || { echo "E: Unmet dependencies. Try 'apt --fix-broken install' with no packages (or specify a solution)."; exit 100; } ;;
esac`
	for never, want := range map[bool]string{false: "", true: "apt would remove zzz, for which no source has what it needs"} {
		dir, run := fakePackages(t, map[string]string{"dpkg-query": "echo installed libc6", "apt-get": apt,
			"dpkg": "echo 'dpkg: error processing package zzz (--configure):'; echo ' dependency problems - leaving unconfigured'; exit 1"})
		if never {
			if err := os.WriteFile(filepath.Join(dir, "never"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := run("nginx")
		if (err != nil) != never || !strings.Contains(out, want) {
			t.Errorf("never %v: %v\n%s", never, err, out)
		}
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		if !strings.Contains(string(log), "--no-remove --fix-broken install\n") || strings.Contains(string(log), "install -- nginx") == never {
			t.Errorf("never %v: what ran:\n%s", never, log)
		}
	}
}

// TestListsThatAreDamaged are fetched anew, for apt passes over a source that has not changed;
// the lists of a source that does not answer stay. The words are those of apt 2.6.
func TestListsThatAreDamaged(t *testing.T) {
	for said, gone := range map[string]bool{
		"E: Unable to parse package file $PWD/lists/mirror_Packages (1)":           true,
		"E: Problem with MergeList $PWD/lists/mirror_Packages":                     true,
		"E: Unable to parse package file $PWD/status (1)":                          false,
		"E: The repository 'http://mirror.example stable InRelease' is not signed": false,
	} {
		dir, run := fakePackages(t, map[string]string{"dpkg-query": "echo installed libc6", "dpkg": "exit 0",
			"apt-get": `case $* in *update*) [ ! -e lists/mirror_Packages ] || { echo "` + said + `"; exit 100; } ;; esac`})
		if err := os.MkdirAll(filepath.Join(dir, "lists/partial"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"lock", "mirror_Packages"} {
			if err := os.WriteFile(filepath.Join(dir, "lists", name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := run("nginx"); err != nil {
			t.Errorf("%s: %v\n%s", said, err, out)
		}
		if _, err := os.Stat(filepath.Join(dir, "lists/mirror_Packages")); (err != nil) != gone {
			t.Errorf("%s: the lists went: %v", said, err != nil)
		}
		if _, err := os.Stat(filepath.Join(dir, "lists/lock")); err != nil {
			t.Error(err)
		}
	}
}

// TestConfigurationOfARemovedPackage: where a package was removed, and its files in /etc
// after it, they come back with it; where none was, what is gone stays so.
func TestConfigurationOfARemovedPackage(t *testing.T) {
	for left, want := range map[string]bool{"installed nginx": false, "config-files nginx": true, "config-files another": false} {
		dir, run := fakePackages(t, map[string]string{"dpkg-query": "echo installed libc6; echo " + left,
			"apt-get": `case $* in -s*) echo "Inst nginx (1.26)" ;; *) echo "$@ ucf ${UCF_FORCE_CONFFMISS-}" >>log ;; esac`, "dpkg": "exit 0"})
		if out, err := run("nginx"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		got := strings.Contains(string(log), " -o Dpkg::Options::=--force-confmiss install -- nginx") && strings.Contains(string(log), "ucf 1")
		if got != want {
			t.Errorf("%s: what ran:\n%s", left, log)
		}
	}
}

// TestPackagesOfOthersStay: what somebody has asked for is not removed for foobar's; what came
// only as a dependency may be, and what ufw comes in the place of.
func TestPackagesOfOthersStay(t *testing.T) {
	for name, c := range map[string]struct{ removes, refused string }{
		"nothing":              {"", ""},
		"a dependency":         {`Remv libssl3 [3.0.1] [nginx:amd64 ]`, ""},
		"another's rules":      {"Remv iptables-persistent [1.0.20]\nRemv netfilter-persistent [1.0.20]", ""},
		"somebody's log":       {"Remv syslog-ng [3.38.1-5]\nRemv syslog-ng-core [3.38.1-5]\nInst rsyslog (8.2302 Debian:12 [amd64])", "apt would remove syslog-ng,"},
		"of whose name a part": {"Remv syslog-ng-mod [3.38.1-5]", ""},
	} {
		dir, run := fakePackages(t, map[string]string{"dpkg-query": "echo installed libc6", "dpkg": "exit 0",
			"apt-mark": "printf '%s\\n' iptables-persistent mc syslog-ng",
			"apt-get":  "case $* in -s*) cat <<'E'\n" + c.removes + "\nE\n;; *--no-remove*) [ -z \"" + c.removes + "\" ] && echo >>log ;; *install*) echo >>log ;; esac"})
		out, err := run("rsyslog")
		_, absent := os.Stat(filepath.Join(dir, "log"))
		if !strings.Contains(out, c.refused) || (err != nil) != (c.refused != "") || (absent != nil) != (c.refused != "") {
			t.Errorf("%s: %v, installed %v\n%s", name, err, absent == nil, out)
		}
	}
	if code, _ := fault.Classify(fault.Output{Kind: "packages", Status: 1, Lines: []string{"to install rsyslog, apt would remove syslog-ng, which was here before"}}); code != fault.PackageConflict {
		t.Errorf("the code is %s", code)
	}
}

// TestJobWithoutDBus: a system without D-Bus gets it before what systemd-run is to wait for,
// and nothing else is installed where that fails.
func TestJobWithoutDBus(t *testing.T) {
	for name, c := range map[string]struct{ systemctl, apt, want string }{
		"with it":       {"exit 0", "exit 0", "run nginx\n"},
		"without":       {"case $1 in is-active) exit 3 ;; start) echo start $2 >>log ;; esac", "exit 0", "dbus\nstart dbus.socket\nrun nginx\n"},
		"not to be had": {"case $1 in is-active) exit 3 ;; esac", "exit 100", "dbus\ndbus\n"},
	} {
		dir, _ := fakePackages(t, map[string]string{"systemctl": c.systemctl, "dpkg": "exit 0", "dpkg-query": "exit 0", "apt-mark": "exit 0",
			"apt-get":     "case $* in -s*) exit 0 ;; *update*) exit 1 ;; esac; for p; do :; done; echo $p >>log; " + c.apt,
			"systemd-run": `for p; do :; done; sed -n '1s/set --/run/p' $p >>log`})
		here := func(text string) string { return strings.ReplaceAll(text, "/var/lib/foobar", dir) }
		script := "foobar_parent(){ :; }\n" + here(jobFunction) + "job " + base64.StdEncoding.EncodeToString([]byte(here(aptScript([]string{"nginx"})))) + " dbus\n"
		cmd := exec.Command("sh", "-c", script)
		cmd.Env, cmd.Dir = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH")), dir
		if err := os.WriteFile(filepath.Join(dir, "apt-update"), nil, 0o600); err != nil { // the index is fresh enough
			t.Fatal(err)
		}
		out, err := cmd.CombinedOutput()
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		if got := string(log); got != c.want || (err == nil) != strings.Contains(c.want, "run nginx") {
			t.Errorf("%s: %v, ran %q\n%s", name, err, got, out)
		}
	}
}

// fakePackages is a folder with programs in the place of apt's and dpkg's, and what
// installs a package with them.
func fakePackages(t *testing.T, programs map[string]string) (string, func(names ...string) (string, error)) {
	t.Helper()
	dir := t.TempDir()
	for program, text := range programs {
		if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir, func(names ...string) (string, error) {
		cmd := exec.Command("sh", "-c", strings.NewReplacer("/var/lib/foobar", dir, "/var/lib/apt/lists", dir+"/lists").Replace(aptScript(names)))
		cmd.Env, cmd.Dir = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH")), dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}
