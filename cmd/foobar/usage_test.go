package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/remote/sshtest"
)

// TestMistakesOfTheCommandLine: each is refused before any connection, says what was
// probably meant, and names the help that shows how it is written.
func TestMistakesOfTheCommandLine(t *testing.T) {
	good := sshtest.Inventory(t, "", "")
	for _, c := range []struct{ args, want, help string }{
		{"chek", `did you mean check?`, "foobar"},
		{"chek INV -l web", `did you mean check?`, "foobar"},
		{"db swichover INV --to web2", `foobar db has no command "swichover"; did you mean switchover?`, "foobar db"},
		{"lab xyz", "it has collector, curl", "foobar lab"},
		{"completion tcsh", "it has bash, fish", "foobar completion"},
		{"help nosuch", "foobar --help lists them", "foobar help"},
		{"apply INV", "did you mean foobar deploy?", "foobar"},
		{"validate INV", "did you mean foobar check --offline?", "foobar"},
		{"diff INV", "did you mean foobar plan?", "foobar"},
		{"promote web2", "did you mean foobar db switchover?", "foobar"},
		{"destroy INV", "foobar remove", "foobar"},
		{"grafana INV", "did you mean foobar dashboard?", "foobar"},
		{"test-alert INV", "did you mean foobar verify --alert?", "foobar"},
		{"undo INV", "did you mean foobar rollback?", "foobar"},
		{"rollback INV 3f9c more", "one argument too many", "foobar rollback"},
		{"plan INV --limt web", "did you mean --limit?", "foobar plan"},
		{"plan INV -Z", "no flag -Z", "foobar plan"},
		{"plan INV other.toml", `"other.toml" is one argument too many`, "foobar plan"},
		{"plan INV -l", "--limit needs a value", "foobar plan"},
		{"version now", "one argument too many", "foobar version"},
		{"db rejoin INV", "needs a HOST", "foobar db rejoin"},
		{"db restore INV", "needs a backup", "foobar db restore"},
		{"ssh INV", "takes a HOST", "foobar ssh"},
		{"exec INV", "after --", "foobar exec"},
		{"lab kill", "foobar lab kill HOST", "foobar lab kill"},
		{"schema event", `there is no schema of "event"`, "foobar schema"},
		{"init --full --minimal", "--minimal and --full cannot be given together", "foobar init"},
	} {
		args := strings.Fields(strings.ReplaceAll(c.args, "INV", good))
		out, said, code := foobar(t, args...)
		if code != 64 || out != "" || !strings.HasPrefix(said, "error: ") || !strings.Contains(said, c.want) || !strings.HasSuffix(said, " [CLI01]\nsee: "+c.help+" --help\n") {
			t.Errorf("foobar %s: exit %d:\n%s%s", c.args, code, out, said)
		}
	}
}

// TestValuesThatCannotBe: a number or a list that no verb can use is refused by all of
// them alike, and never means a default or all of something.
func TestValuesThatCannotBe(t *testing.T) {
	good := sshtest.Inventory(t, "", "")
	for _, verb := range []string{"plan", "deploy -y", "check", "status", "exec", "logs", "history"} {
		for flag, want := range map[string]string{
			"--forks=-1": "give a number from 1 to 1000", "-f 0": "give a number from 1 to 1000", "--forks=ten": "give a number",
			"--timeout=-5s": "or more", "--timeout=0s": "or more", "--timeout=5": "such as 10s",
			"-l ": "a name is empty", "-l web1,": "a name is empty",
		} {
			if verb == "logs" {
				flag = strings.Replace(flag, "-f 0", "--forks 0", 1) // -f follows
			}
			args := append(strings.Fields(verb), good)
			name, value, ok := strings.Cut(flag, " ")
			if args = append(args, name); ok {
				args = append(args, value)
			}
			if verb == "exec" {
				args = append(args, "--", "true")
			}
			if _, said, code := foobar(t, args...); code != 64 || !strings.Contains(said, want) {
				t.Errorf("%s %q: exit %d: %s", verb, flag, code, said)
			}
		}
	}
	for _, args := range [][]string{
		{"deploy", "-y", good, "-r", ""}, {"deploy", "-y", good, "--lock-wait", "-1s"}, {"db", "switchover", good, "--to", "web2", "-y", "--lock-wait", "1"},
		{"logs", good, "-n", "0"}, {"logs", good, "-n", "-3"}, {"logs", good, "--since", "-3m"}, {"history", good, "last", "--speed", "-1", "-o", "plain"},
	} {
		if _, said, code := foobar(t, args...); code != 64 || !strings.Contains(said, "CLI0") {
			t.Errorf("%q: exit %d: %s", args[1:], code, said)
		}
	}
}

// TestDeployAsksOrIsTold: without a person at a terminal nothing is changed that nobody
// has agreed to, whatever is redirected.
func TestDeployAsksOrIsTold(t *testing.T) {
	good := sshtest.Inventory(t, "", "")
	for _, args := range [][]string{{"deploy", good}, {"deploy", good, "-o", "json"}, {"deploy", good, "-o", "tui"}, {"deploy", "-l", "web1", good}} {
		_, said, code := foobar(t, args...)
		if code != 64 || !strings.Contains(said, "add -y, or deploy a saved plan with --plan FILE [CLI03]") {
			t.Errorf("%q: exit %d: %s", args, code, said)
		}
	}
}

// TestTheInventoryNeedNotBeNamed: it is that of the environment, then the file of the
// usual name in this folder.
func TestTheInventoryNeedNotBeNamed(t *testing.T) {
	path := sshtest.Inventory(t, "", "")
	t.Chdir(t.TempDir())
	if _, said, code := foobar(t, "check", "--offline"); code != 64 || !strings.Contains(said, "no inventory is named, and there is no ./inventory.toml") {
		t.Errorf("exit %d: %s", code, said)
	}
	if _, said, code := foobar(t, "plan", "-i", path); code != 64 || !strings.Contains(said, "name the inventory without a flag: foobar plan "+path) {
		t.Errorf("-i with an inventory, as of Ansible: exit %d: %s", code, said)
	}
	t.Setenv(action.InventoryVariable, path)
	if out, said, code := foobar(t, "check", "--offline"); code != 0 || !strings.Contains(out, path+": 3 hosts") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	for _, args := range [][]string{{"logs", "nosuch"}, {"history", "nosuch"}, {"ssh", "nosuch"}, {"db", "rejoin", "nosuch"}} {
		if _, said, code := foobar(t, args...); code != 64 || !strings.Contains(said, "nosuch") && !strings.Contains(said, "no run of") {
			t.Errorf("%q: exit %d: %s", args, code, said)
		}
	}
	t.Setenv(action.InventoryVariable, "")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.ReplaceAll(string(text), "./app", strings.TrimSuffix(path, "site.toml")+"app"))
	if err := os.WriteFile("inventory.toml", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, said, code := foobar(t, "check", "--offline"); code != 0 || !strings.Contains(out, "inventory.toml: 3 hosts") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
	if out, _, code := foobar(t, "--version"); code != 0 || !strings.HasPrefix(out, "foobar ") {
		t.Errorf("--version: exit %d: %s", code, out)
	}
}

// TestHelpIsWhole: the help of each command has an example and says what the exit status
// means.
func TestHelpIsWhole(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() && sub.Name() != "help" && cmd.Name() != "completion" { // those are cobra's own
				walk(sub)
			}
		}
		if !cmd.HasParent() {
			return
		}
		for _, part := range []string{"\n    " + cmd.CommandPath(), "Exit status: "} {
			if !strings.Contains(cmd.Long, part) {
				t.Errorf("the help of %s lacks %q", cmd.CommandPath(), strings.TrimSpace(part))
			}
		}
	}
	cmd := root()
	addCompletion(cmd)
	walk(cmd)
}

// TestNamesThatAreMistyped: a part, a service or a host that there is not is answered with
// the one that was probably meant.
func TestNamesThatAreMistyped(t *testing.T) {
	good := sshtest.Inventory(t, "", "")
	for args, want := range map[string]string{
		"plan INV -r databse":       "--parts databse: there is no such part; did you mean database?",
		"plan INV --parts web":      "hosts with the role web are chosen by -l web",
		"plan INV --roles nosuch":   "--parts nosuch: there is no such part", // the flag's earlier name
		"logs INV ngnix":            `"ngnix" is not a service; did you mean nginx?`,
		"plan INV -l wbe1":          "did you mean web1?",
		"db switchover INV --to lb": "those are web1, web2",
	} {
		if _, said, code := foobar(t, strings.Fields(strings.ReplaceAll(args, "INV", good))...); code != 64 || !strings.Contains(said, want) || !strings.Contains(said, "[CLI02]") {
			t.Errorf("foobar %s: exit %d: %s", args, code, said)
		}
	}
}
