package remote_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"foobar/internal/remote/sshtest"
)

func TestDownload(t *testing.T) {
	o := options(sshtest.Start(t, sshtest.Config{}))
	h := dial(t, o)
	ctx := within(t, 10*time.Second)
	big := make([]byte, 3<<20)
	_, _ = rand.Read(big)
	path := filepath.Join(t.TempDir(), "it's a 'file'")
	if err := os.WriteFile(path, big, 0o600); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if n, err := h.Download(ctx, path, int64(len(big)), &got); err != nil || n != int64(len(big)) || !bytes.Equal(got.Bytes(), big) {
		t.Errorf("%d bytes, or others: %v", n, err)
	}
	if _, err := h.Download(ctx, path, int64(len(big))-1, &bytes.Buffer{}); err == nil {
		t.Error("a file that is longer than announced was taken")
	}
	if _, err := h.Download(ctx, path+"x", 10, &bytes.Buffer{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Download(gone, path, int64(len(big)), &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	if got := h.Stats().Sessions; got != 2 {
		t.Errorf("%d sessions, want the shell and one for all files", got)
	}
}
