package sh

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestUnixTimes: a systemctl that refuses --timestamp=unix is asked for words, one
// that knows it is asked once, and what asks for no times is passed on.
func TestUnixTimes(t *testing.T) {
	const knows = "#!/bin/sh\necho \"$0 $*\" >>\"$LOG\"\nprintf 'Id=a b.service\\nInactiveExitTimestamp=@1764198420\\n'\n"
	const refuses = `#!/bin/sh
case $* in *--timestamp=unix*) echo "Failed to parse argument for --timestamp=: unix" >&2; exit 1 ;; esac
[ "$TZ $LC_ALL" = "UTC C" ] || { echo "not in UTC"; exit 0; }
case $* in
*--value*) echo "Wed 2025-11-26 23:07:00 UTC" ;;
*) printf 'Id=a b.service\nDescription=Mon 1 is no time\nInactiveExitTimestamp=Wed 2025-11-26 23:07:00 UTC\nActiveEnterTimestamp=\n' ;;
esac
`
	for _, c := range []struct{ name, program, ask, want string }{
		{"new", knows, "systemctl show --timestamp=unix -p Id -- x", "Id=a b.service\nInactiveExitTimestamp=@1764198420\n"},
		{"old", refuses, "systemctl show --timestamp=unix -p Id -- x", "Id=a b.service\nDescription=Mon 1 is no time\nInactiveExitTimestamp=@1764198420\nActiveEnterTimestamp=\n"},
		{"old, one value", refuses, "systemctl show -p InactiveExitTimestamp --timestamp=unix --value -- 'a b'", "@1764198420\n"},
		{"no times", "#!/bin/sh\nprintf '%s.' \"$@\"\nexit 3\n", "systemctl is-active -q 'a b' || echo $?", "is-active.-q.a b.3\n"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "systemctl"), []byte(c.program), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, shell := range []string{"sh", "bash"} {
			cmd := exec.Command(shell, "-euc", UnixTimes+c.ask)
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "LOG="+filepath.Join(dir, "log"))
			out, err := cmd.CombinedOutput()
			if err != nil || string(out) != c.want {
				t.Errorf("%s in %s: %v, %q, not %q", c.name, shell, err, out, c.want)
			}
		}
		if c.name == "new" {
			if raw, _ := os.ReadFile(filepath.Join(dir, "log")); len(raw) == 0 {
				t.Error("the program was not asked")
			}
		}
	}
}
