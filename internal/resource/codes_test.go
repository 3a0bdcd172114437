package resource

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
)

func TestCutOffAnswer(t *testing.T) {
	set := Compile([]Probe{{Kind: fileKind{}, Args: []string{"/etc/hosts"}}})
	_, err := set.Read(asktest.Answer("tok begin 0"))
	faulttest.Wants(t, err, "RUN11")
}

// TestScriptsEndInCodes runs scripts of resources beside programs that behave
// like broken ones; their exit status alone must tell the failure.
func TestScriptsEndInCodes(t *testing.T) {
	broken := `journalctl(){ echo "the unit's last words"; }
foobar_put(){ cat >/dev/null; }; sha256sum(){ :; }; stat(){ echo 0; }
systemctl(){ case "$*" in *"is-active"*) return $active ;; "start "* | "restart "* | "reload "*) return $turns ;; *show*LoadState*) echo loaded ;; esac; }
sleep(){ :; }
`
	unit := Service{Unit: "x.service", Ready: "false", ReadyTimeout: time.Second, Check: "echo 'line 3: unknown directive'; exit 7"}
	quiet := unit
	quiet.Check = ""
	dead := quiet
	dead.Ready = ""
	run := t.TempDir()
	for _, c := range []struct {
		code           fault.Code
		script, before string
	}{
		{"SVC02", unit.TurnScript("restart"), "active=0 turns=0"},
		{"SVC03", dead.TurnScript("restart"), "active=0 turns=1"},
		{"SVC03", dead.TurnScript("start"), "active=3 turns=1"},
		{"SVC03", dead.TurnScript("await"), "active=3 turns=0"},
		{"SVC03", quiet.TurnScript("await"), "active=3 turns=0"},
		{"SVC04", quiet.TurnScript("await"), "active=0 turns=0"},
		{"FW03", Guard{Name: "test-of-codes"}.Confirm(), "active=3 turns=0"},
	} {
		cmd := exec.Command("sh")
		cmd.Stdin = strings.NewReader(strings.ReplaceAll("timeout(){ shift; \"$@\"; }\n"+broken+c.before+"\n( set -eu\n"+c.script+"\n)\nexit $?\n", "/run/foobar", run))
		out, _ := cmd.CombinedOutput()
		if code, _ := fault.Classify(fault.Output{Kind: "test", Status: cmd.ProcessState.ExitCode(), Lines: strings.Split(string(out), "\n")}); code != c.code {
			t.Errorf("%s, not %s: status %d: %s\n%s", code, c.code, cmd.ProcessState.ExitCode(), out, c.script)
		}
	}
}
