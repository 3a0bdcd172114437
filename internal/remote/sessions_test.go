package remote_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// TestOneSessionAConnection: with MaxSessions 1 in sshd_config, files and signals go by
// connections of their own, which end with what they were for and with the host's.
func TestOneSessionAConnection(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{MaxSessions: 1})
	h := dial(t, options(s))
	path := filepath.Join(t.TempDir(), "new")
	for _, name := range []string{"a", "b"} {
		if err := h.Upload(within(t, soon), path+name, 0o644, 5, strings.NewReader("hello")); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path + "b"); err != nil || string(got) != "hello" {
		t.Errorf("got %q, %v", got, err)
	}
	ended := make(chan int, 1)
	begun := make(chan struct{}, 1)
	go func() {
		status, _ := h.Run(within(t, soon), "echo begun; sleep 60", func(string) { begun <- struct{}{} })
		ended <- status
	}()
	<-begun
	if err := h.Kill(within(t, soon)); err != nil {
		t.Fatal(err)
	}
	if status := <-ended; status != 143 {
		t.Errorf("the script ended with %d", status)
	}
	if got := h.Stats().Connections; got != 3 {
		t.Errorf("%d connections, not those of the shell, of files and of the signal", got)
	}
	h.Close()
	for end := time.Now().Add(soon); s.Open() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections are left", s.Open())
		}
	}
	refused(t, options(sshtest.Start(t, sshtest.Config{MaxSessions: -1})), remote.ErrShell, "opens no session", "MaxSessions")
}
