package remote_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// TestCacheSeesFilesThatChange: hosts that share what was read still notice a key that
// came in, and an alias that was changed, after the first of them was dialed.
func TestCacheSeesFilesThatChange(t *testing.T) {
	first, second := sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})
	var cache remote.Cache
	o := options(first)
	o.Cache = &cache
	dir := t.TempDir()
	o.Address, o.Port, o.NoConfig, o.ConfigFile = "web", 0, false, filepath.Join(dir, "config")
	point := func(s *sshtest.Server, more string) {
		t.Helper()
		text := fmt.Sprintf("Host web\nHostName %s\nPort %d\n%s", s.Host, s.Port, more)
		if err := os.WriteFile(o.ConfigFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	point(first, "")
	for range 2 {
		if got := run(t, dial(t, o), "echo first"); got != "first" {
			t.Errorf("got %q", got)
		}
	}
	point(second, "# another\n")
	o.Identities = []string{second.ClientKeyFile}
	refused(t, o, remote.ErrHostKeyUnknown, "is not known: ")
	if err := remote.AppendKnownHost(o.KnownHosts[0], second.Addr(), second.Key); err != nil {
		t.Fatal(err)
	}
	if got := run(t, dial(t, o), "echo second"); got != "second" {
		t.Errorf("got %q", got)
	}
	if first.Accepted() != 2 {
		t.Errorf("the first host was dialed %d times, not twice", first.Accepted())
	}
}
