//go:build lab

package labtest

import (
	"bufio"
	"os/exec"
	"testing"
)

// lockFile is held on a host by the run that works on it.
const lockFile = "/run/foobar/lock"

// hold takes the lock of a host, as another run does, until the function that it
// returns is called.
func hold(t *testing.T, host string) (release func()) {
	t.Helper()
	defer waitFor("the lock of " + host)()
	cmd := exec.Command(binary, "lab", "exec", host, "--", "flock", lockFile, "sh", "-c", "echo held; cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if said, err := bufio.NewReader(out).ReadString('\n'); err != nil || said != "held\n" {
		t.Fatalf("the lock of %s: %q, %v", host, said, err)
	}
	return func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

// TestD1TwoRunsAtOnce: the second is refused, or waits when told to.
func TestD1TwoRunsAtOnce(t *testing.T) {
	on(t, "web1", "echo '# drift' >>/etc/nginx/nginx.conf")
	release := hold(t, "web1")
	fails(t, "RUN01", 5, "deploy", site)
	must(t, 2, "plan", site)
	second := background(t, "deploy", "-o", "json", "--lock-wait", "10m", site)
	if !second.says(`"type":"waiting"`) {
		t.Errorf("it does not say that it waits:\n%s", second.said.String())
	}
	release()
	if code := second.ended(); code != 0 {
		t.Errorf("it ended with %d:\n%s", code, second.said.String())
	}
}
