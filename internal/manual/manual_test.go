package manual

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// program is a command line like that of foobar.
func program() *cobra.Command {
	cmd := &cobra.Command{Use: "prog", Short: "Do things", Long: "It does things."}
	cmd.AddGroup(&cobra.Group{ID: "a", Title: "A:"})
	run := func(*cobra.Command, []string) {}
	deploy := &cobra.Command{Use: "deploy [INVENTORY]", GroupID: "a", Short: "Change it", Run: run, Long: `What it does,
in lines.

    prog deploy
    prog deploy 'x' \
        --more

Exit status: 0 done, or nothing; 1 it failed (a step, or a
host), 4 a host was not reached, 64 wrong usage; 130 or 143 interrupted. With -o json,
events, one a line.`}
	deploy.Flags().BoolP("yes", "y", false, "do not ask")
	deploy.Flags().CountP("verbose", "v", "show more")
	deploy.Flags().String("plan", "", "deploy the plan in `FILE`")
	cmd.AddCommand(deploy,
		&cobra.Command{Use: "plan [INVENTORY]", GroupID: "a", Short: "Look", Run: run},
		&cobra.Command{Use: "ssh HOST", Short: "Log in", Run: run, Long: "Exit status: that of ssh."},
		&cobra.Command{Use: "secret", Hidden: true, Run: run})
	return cmd
}

func page(t *testing.T, name string) string {
	t.Helper()
	cmd := program()
	if name != "" {
		var err error
		if cmd, _, err = cmd.Find([]string{name}); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Unix(0, 0)
	var b strings.Builder
	if err := Page(&b, cmd, doc.GenManHeader{Section: "1", Date: &at, Source: "prog 1"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPage: the sections that people look for, in their order, of the same text that the
// help shows.
func TestPage(t *testing.T) {
	text := page(t, "deploy")
	at := 0
	for _, part := range []string{".SH NAME\n", ".SH DESCRIPTION\n", "in lines.\n", "With \\-o json", ".SH OPTIONS\n", ".TP\n\\fB\\-\\-plan\\fP=\\fIFILE\\fP\ndeploy the plan in FILE\n", ".TP\n\\fB\\-v\\fP, \\fB\\-\\-verbose\\fP\nshow more\n", ".TP\n\\fB\\-y\\fP, \\fB\\-\\-yes\\fP\ndo not ask\n", ".SH EXIT STATUS\n", "\\fB0\\fP\ndone, or nothing\n", "\\fB1\\fP\nit failed (a step, or a host)\n",
		"\\fB4\\fP\n", "\\fB64\\fP\nwrong usage\n", "\\fB130, 143\\fP\ninterrupted\n", ".SH ENVIRONMENT\n", "FOOBAR_INVENTORY", ".SH FILES\n", "./inventory.toml", ".SH EXAMPLES\n.EX\nprog deploy\nprog deploy 'x' \\e\n    \\-\\-more\n.EE\n",
		".SH SEE ALSO\n\\fBprog\\fP(1), \\fBprog\\-plan\\fP(1)\n"} {
		i := strings.Index(strings.ReplaceAll(text[at:], "With -o", "With \\-o"), part)
		if i < 0 {
			t.Fatalf("no %q behind what comes before it:\n%s", part, text)
		}
		at += i
	}
	if strings.Contains(text, "Exit status:") || strings.Contains(text, "prog\\-ssh") {
		t.Errorf("what is of no use here:\n%s", text)
	}
	for name, part := range map[string]string{
		"": "\\fB2\\fP\nplan found differences\n", "plan": "\\fB64\\fP\nwrong usage or inventory\n", "ssh": ".SH EXIT STATUS\nthat of ssh.\n",
	} {
		if text := page(t, name); !strings.Contains(text, part) {
			t.Errorf("the page of %q lacks %q:\n%s", name, part, text)
		}
	}
}

// TestTree: a page for each command that is shown, which groff takes without a warning.
func TestTree(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	at := time.Unix(0, 0)
	n, err := Tree(program(), doc.GenManHeader{Section: "1", Date: &at, Source: "prog 1"}, dir)
	files, _ := filepath.Glob(dir + "/*")
	if err != nil || n != 4 || len(files) != 4 {
		t.Fatalf("%d, %v, %q", n, err, files)
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not here")
	}
	for _, file := range files {
		if said, err := exec.Command(groff, "-ww", "-man", "-Tutf8", "-z", file).CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("%s: %v: %s", file, err, said)
		}
	}
}
