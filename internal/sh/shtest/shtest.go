// Package shtest checks shell scripts with the shell itself and with shellcheck.
package shtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Needed names the environment variable under which a missing shellcheck fails a
// test instead of skipping it. The Makefile sets it.
const Needed = "FOOBAR_SHELLCHECK"

// passed are the findings of shellcheck that are ignored, because they contradict the
// style of this tree, and why. Source: https://www.shellcheck.net/wiki/.
func passed() []string {
	return []string{
		"SC1007", // a='' b=$c without the quotes: several variables are emptied on a line
		"SC1090", // files that are sourced are a host's: /etc/os-release
		"SC1091",
		"SC2016", // programs of awk and sed in single quotes, with a $ of their own
		"SC2015", // a && b || c where c is also right when b failed
		"SC2030", // what is set in a subshell is for it alone
		"SC2031",
		"SC2034", // what a function sets is used by the script it is put before
		"SC2043", // lists and quotes around what a template fills in
		"SC2140",
		"SC2164", // steps run under set -e
		"SC2154", // and what it uses is set there
		"SC2317", // functions that not every script calls
	}
}

// Check reports what the shell and shellcheck find in scripts, which are given by
// name: they are for dash, which is sh on Debian, unless the first line says bash.
// The findings in except are ignored as well.
func Check(t testing.TB, scripts map[string]string, except ...string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string][]string{}
	for name, script := range scripts {
		shell := "dash"
		if strings.HasPrefix(script, "#!/bin/bash\n") {
			shell = "bash"
		}
		file := filepath.Join(dir, strings.NewReplacer("/", "_", " ", "_").Replace(name)+".sh")
		// Two options in one variable, which is split on purpose; the text lies on
		// hosts, where another one would be a change.
		script = strings.Replace(script, "exec setpriv $as", "# shellcheck disable=SC2086\nexec setpriv $as", -1)
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		if said, err := exec.Command(shell, "-n", file).CombinedOutput(); err != nil {
			t.Errorf("%s is not a script: %v: %s", name, err, said)
		}
		files[shell] = append(files[shell], file)
	}
	program, err := exec.LookPath("shellcheck")
	switch {
	case err != nil && os.Getenv(Needed) != "":
		t.Fatal("shellcheck is missing: make tools installs it")
	case err != nil:
		t.Skip("not read by shellcheck, which is not installed here")
	}
	for shell, list := range files {
		slices.Sort(list)
		args := append([]string{"--norc", "--shell=" + shell, "--format=gcc", "--exclude=" + strings.Join(append(passed(), except...), ",")}, list...)
		if said, err := exec.Command(program, args...).CombinedOutput(); err != nil {
			t.Errorf("shellcheck: %v\n%s", err, strings.ReplaceAll(string(said), dir+"/", ""))
		}
	}
}
