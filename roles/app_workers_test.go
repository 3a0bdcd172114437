package roles

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestWorkersThatEnd: gunicorn that only starts workers again and again has failed; one whose
// workers stay, or have not begun yet, has not.
func TestWorkersThatEnd(t *testing.T) {
	for name, c := range map[string]struct {
		main string
		dead bool
	}{
		"again and again": {"while :; do /bin/sleep 0.01; done", true},
		"they stay":       {"/bin/sleep 100 & exec /bin/sleep 100", false},
		"one stays":       {"/bin/sleep 100 & while :; do /bin/sleep 0.01; done", false},
		"none yet":        {"exec /bin/sleep 100", false},
	} {
		t.Run(name, func(t *testing.T) {
			parent := exec.Command("sh", "-c", c.main)
			parent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = syscall.Kill(-parent.Process.Pid, syscall.SIGKILL)
				_ = parent.Wait()
			}()
			looks := "3000"
			if c.dead {
				looks = "1000000"
			}
			begun := `begun=''; until [ "$begun" ]; do read -r begun </proc/$main/task/$main/children || :; done; `
			if name == "none yet" {
				begun = ""
			}
			out, err := exec.Command("sh", "-euc", `dead(){ exit 3; }; main=''; `+appWorkers+
				`workers; main=`+strconv.Itoa(parent.Process.Pid)+`; `+begun+`n=0; while [ $n -lt `+looks+` ]; do workers; n=$((n + 1)); done`).CombinedOutput()
			if dead := err != nil && err.Error() == "exit status 3"; dead != c.dead || dead != strings.Contains(string(out), "end as soon as they have begun") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
