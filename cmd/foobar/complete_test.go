package main

import (
	"fmt"
	"foobar/internal/action"
	"foobar/internal/manual"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const minimal = "../../examples/inventories/minimal.toml"

// completions asks as a shell's script does, and returns the words that go on with the
// last one, as the script picks them, and cobra's directive.
func completions(t *testing.T, words ...string) (list []string, directive string) {
	t.Helper()
	cmd := root()
	var out strings.Builder
	cmd.SetOut(&out)
	cmd.SetErr(&strings.Builder{})
	cmd.SetArgs(append([]string{cobra.ShellCompNoDescRequestCmd}, words...))
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if d, ok := strings.CutPrefix(strings.TrimSpace(line), ":"); ok {
			return list, d
		}
		word := strings.TrimSpace(line)
		if strings.HasPrefix(word, words[len(words)-1]) {
			list = append(list, word)
		}
	}
	t.Fatalf("%v: no directive:\n%s", words, out.String())
	return nil, ""
}

func TestCompletion(t *testing.T) {
	t.Setenv("FOOBAR_LAB", "there-is-none")
	files, none := fmt.Sprint(int(cobra.ShellCompDirectiveDefault)), fmt.Sprint(int(cobra.ShellCompDirectiveNoFileComp))
	inventories, folders := fmt.Sprint(int(cobra.ShellCompDirectiveFilterFileExt)), fmt.Sprint(int(cobra.ShellCompDirectiveFilterDirs))
	for _, c := range []struct{ words, want, directive string }{
		{"plan |", "toml", inventories},
		{"deploy |", "toml", inventories},
		{"deploy --plan |", "", files},
		{"check |", "toml", inventories},
		{"db switchover |", "toml", inventories},
		{"plan INV |", "", none},
		{"plan INV -l |", "lb1 web1 web2 web3 lb web app db", none},
		{"plan INV -l we|", "web1 web2 web3 web", none},
		{"deploy INV --limit web1,lb|", "web1,lb1 web1,lb", none},
		{"deploy INV --limit web1,web|", "web1,web2 web1,web3 web1,web", none},
		{"deploy INV -r base,fire|", "base,firewall", none},
		{"deploy -o |", "tui plain json", none},
		{"status INV -o |", "plain json", none},
		{"db status INV -o |", "plain json", none},
		{"logs INV -o |", "plain json", none},
		{"logs INV ngi|", "nginx", none},
		{"ssh INV web|", "web1 web2 web3", none},
		{"db rejoin INV |", "web1 web2 web3", none},
		{"db switchover INV --to |", "web1 web2 web3", none},
		{"db failover INV --to web3|", "web3", none},
		{"plan no-such.toml -l |", "", none},
		{"plan -i |", "", files},
		{"plan -J |", "", none},
		{"plan --timeout |", "", none},
		{"init --app |", "", folders},
		{"init --domain |", "", none},
		{"man |", "", folders},
		{"version |", "", none},
		{"lab up |", "", none},
		{"lab ssh |", "", none}, // no such lab
		{"lab ssh --user |", "root admin oper nosudo", none},
		{"lab intake log|", "logs", none},
	} {
		words := strings.Fields(strings.ReplaceAll(strings.TrimSuffix(c.words, "|"), "INV", minimal))
		if strings.HasSuffix(c.words, " |") {
			words = append(words, "")
		}
		got, directive := completions(t, words...)
		if strings.Join(got, " ") != c.want || directive != c.directive {
			t.Errorf("foobar %s\ngot  %v :%s\nwant %s :%s", c.words, got, directive, c.want, c.directive)
		}
	}
}

// TestCompletionOfTheUsualInventory: hosts are completed where the inventory need not be named,
// and an inventory where no host begins so.
func TestCompletionOfTheUsualInventory(t *testing.T) {
	inventories, none := fmt.Sprint(int(cobra.ShellCompDirectiveFilterFileExt)), fmt.Sprint(int(cobra.ShellCompDirectiveNoFileComp))
	t.Setenv(action.InventoryVariable, minimal)
	for _, c := range []struct{ words, want, directive string }{
		{"plan -l we|", "web1 web2 web3 web", none},
		{"plan |", "toml", inventories},
		{"ssh |", "lb1 web1 web2 web3", none},
		{"ssh t|", "toml", inventories},
		{"ssh web1 |", "", none},
		{"host drain web|", "web1 web2 web3", none},
		{"db switchover --to |", "web1 web2 web3", none},
		{"logs nginx -l lb|", "lb1 lb", none},
		{"logs no-such.toml |", "", none},
	} {
		words := strings.Fields(strings.TrimSuffix(c.words, "|"))
		if strings.HasSuffix(c.words, " |") {
			words = append(words, "")
		}
		got, directive := completions(t, words...)
		if strings.Join(got, " ") != c.want || directive != c.directive {
			t.Errorf("foobar %s\ngot  %v :%s\nwant %s :%s", c.words, got, directive, c.want, c.directive)
		}
	}
}

// TestEveryVerbCompletes: a verb or a flag that is added must say what completes it;
// files are offered only where a file is meant.
func TestEveryVerbCompletes(t *testing.T) {
	file := []string{"identity", "out", "plan"}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() && sub.Name() != "help" && sub.Name() != "completion" {
				walk(sub)
			}
		}
		if !cmd.HasSubCommands() && cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 && cmd.Name() != "curl" {
			t.Errorf("%s: nothing completes %q", cmd.CommandPath(), cmd.Use)
		}
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			_, set := cmd.GetFlagCompletionFunc(flag.Name)
			if flag.NoOptDefVal == "" && set == slices.Contains(file, flag.Name) {
				t.Errorf("%s --%s: completed by a function %t", cmd.CommandPath(), flag.Name, set)
			}
		})
	}
	walk(root())
}

// TestManualPagesAreWhole: a page has every flag and the long text of its command.
func TestManualPagesAreWhole(t *testing.T) {
	dir := t.TempDir()
	cmd := root()
	if _, err := manual.Tree(cmd, pageHeader(), dir); err != nil {
		t.Fatal(err)
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		page, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"))
		if err != nil {
			t.Error(err)
			return
		}
		text := strings.ReplaceAll(string(page), `\-`, "-")
		cmd.NonInheritedFlags().VisitAll(func(flag *pflag.Flag) {
			if !flag.Hidden && !strings.Contains(text, "--"+flag.Name) {
				t.Errorf("the page of %s does not have --%s", cmd.CommandPath(), flag.Name)
			}
		})
		if !strings.Contains(text, "SYNOPSIS") || cmd.Short == "" {
			t.Errorf("%s: no synopsis, or no short text", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() && sub.Name() != "help" && cmd.Name() != "completion" {
				walk(sub)
			}
		}
	}
	walk(cmd)
}

// TestBashCompletes sources the script in a real shell and lets it complete a host.
func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not here")
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "foobar"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	inv, err := filepath.Abs(minimal)
	if err != nil {
		t.Fatal(err)
	}
	// What bash-completion would bring, as far as the script needs it here.
	script := `PATH=` + dir + `:$PATH
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
compopt() { :; }
. <(foobar completion bash)
COMP_WORDS=(foobar ssh ` + inv + ` web); COMP_CWORD=3; COMP_LINE="foobar ssh ` + inv + ` web"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
__start_foobar 2>&1; printf '%s\n' "${COMPREPLY[@]}"`
	out, err := exec.Command(bash, "--norc", "-c", script).CombinedOutput()
	if got := strings.Fields(string(out)); err != nil || !slices.Equal(got, []string{"web1", "web2", "web3"}) {
		t.Errorf("%v: %s", err, out)
	}
}
