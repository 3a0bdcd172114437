package action

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"foobar/internal/fault/faulttest"
	"foobar/internal/sh"
	"foobar/inventory"
)

// withCommands is an inventory with three commands, of which two name a file beside it.
func withCommands(t *testing.T) (path, ran string) {
	t.Helper()
	dir := t.TempDir()
	ran = filepath.Join(dir, "ran")
	for name, text := range map[string]string{
		"app/wsgi.py": "app = None\n",
		"token":       "#!/bin/sh\n: >" + sh.Quote(ran) + "\necho secret\n",
		"more":        "echo more\n",
		"site.toml": "[site]\ndomain = \"www.example.com\"\nemail = \"a@example.com\"\n[app]\nsource = \"app\"\n[app.secrets]\nKEY = { command = [\"./token\"] }\nMORE = { command = [\"sh\", \"more\"] }\n[monitoring]\nenabled = false\n" +
			"[ssh]\nproxy_command = \"nc %h %p\"\n[hosts.lb1]\naddress = \"10.0.0.1\"\nroles = [\"lb\"]\n[hosts.web1]\naddress = \"10.0.0.2\"\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "site.toml"), ran
}

func reload(t *testing.T, path string) *inventory.Inventory {
	t.Helper()
	inv, err := inventory.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// TestCommandsRunBesideTheInventory: the files that their arguments name count from its
// folder, as its other paths do, wherever foobar was started.
func TestCommandsRunBesideTheInventory(t *testing.T) {
	path, _ := withCommands(t)
	inv := reload(t, path)
	got, err := secretOf(t.Context(), inv, "app.secrets.MORE", inv.App.Secrets["MORE"])
	if err != nil || got.Reveal() != "more" {
		t.Errorf("%q, %v", got.Reveal(), err)
	}
}

// TestOfflineRunsNothing: of an inventory that nobody has read yet no command runs.
func TestOfflineRunsNothing(t *testing.T) {
	path, ran := withCommands(t)
	var said strings.Builder
	err := (&Check{Common: Common{Inventory: path, Console: Console{Out: &said}}, Offline: true}).Run(t.Context())
	if _, err := os.Stat(ran); err == nil {
		t.Error("the command ran")
	}
	if err != nil || !strings.Contains(said.String(), "which was not run") {
		t.Errorf("%v: %s", err, said.String())
	}
	checkHere(context.Background(), reload(t, path), false)
	if _, err := os.Stat(ran); err != nil {
		t.Errorf("the test proves nothing: %v", err)
	}
}

// TestCommandsAreAllowedOnce: what was allowed is known again until a word of it
// or a file of it changes.
func TestCommandsAreAllowedOnce(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	t.Setenv(trustVariable, "known")
	path, ran := withCommands(t)
	c := &Common{Inventory: path}
	inv := reload(t, path)
	faulttest.Wants(t, c.allow(inv), "INV09")
	if err := (&Plan{Common: *c}).Run(t.Context()); err == nil {
		t.Error("a plan began")
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("the command ran")
	}
	file, err := trustFile()
	if err != nil {
		t.Fatal(err)
	}
	yes := func() {
		t.Helper()
		if err := file.add(digestOfCommands(inv, commandsOf(inv))); err != nil {
			t.Fatal(err)
		}
		if err := c.allow(inv); err != nil {
			t.Errorf("it was allowed: %v", err)
		}
	}
	yes()
	if info, err := os.Stat(string(file)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	for name, change := range map[string][2]string{
		"site.toml": {"nc %h", "nc -x %h"},
		"token":     {"echo", "echo other"},
		"more":      {"echo", "echo other"},
	} {
		name = filepath.Join(filepath.Dir(path), name)
		raw, _ := os.ReadFile(name)
		if err := os.WriteFile(name, []byte(strings.Replace(string(raw), change[0], change[1], 1)), 0o755); err != nil {
			t.Fatal(err)
		}
		inv = reload(t, path)
		if c.allow(inv) == nil {
			t.Errorf("%s was changed, and nobody was asked", name)
		}
		yes()
	}
	t.Setenv(trustVariable, "")
	if err := os.Remove(string(file)); err != nil {
		t.Fatal(err)
	}
	if err := c.allow(inv); err != nil {
		t.Errorf("without a terminal they run as ever: %v", err)
	}
	for i := range mostTrusted + 10 {
		if err := file.add(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(file.lines()); n != mostTrusted {
		t.Errorf("%d answers are remembered", n)
	}
}

// TestLabAsksNothing: the proxy command of foobar's own lab is foobar.
func TestLabAsksNothing(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for command, own := range map[string]bool{
		sh.Quote(self) + " lab dial %h %p":                           true,
		"env FOOBAR_LAB=x-1 " + sh.Quote(self) + " lab dial %h %p":   true,
		"env FOOBAR_LAB=$(id) " + sh.Quote(self) + " lab dial %h %p": false,
		sh.Quote(self) + " lab dial %h %p; id":                       false,
		"/tmp/foobar lab dial %h %p":                                 false,
	} {
		if ownDialer(command) != own {
			t.Errorf("%s: own %v", command, !own)
		}
	}
}

// TestEveryVerbAsksBeforeCommands: an inventory is read without the question only
// where none of its commands can run.
func TestEveryVerbAsksBeforeCommands(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	may := map[string]bool{"trust.go": true, "history.go": true, "fleet.go": true} // the last asks before it dials, and check does
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") && !may[name] && regexp.MustCompile(`inventory\.Load\(`).Match(raw) {
			t.Errorf("%s reads an inventory and does not ask whether its commands may run", name)
		}
	}
}
