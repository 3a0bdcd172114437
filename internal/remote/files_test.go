package remote_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

func TestUpload(t *testing.T) {
	for name, user := range map[string]string{"by sudo": "alice", "as root": "root"} {
		t.Run(name, func(t *testing.T) {
			o := options(sshtest.Start(t, sshtest.Config{}))
			o.User = user
			h := dial(t, o)
			ctx := within(t, 10*time.Second)
			big := make([]byte, 3<<20)
			_, _ = rand.Read(big)
			dir := t.TempDir()
			for file, content := range map[string][]byte{"big": big, "empty": {}, "it's a 'file'\n": []byte("x")} {
				path := filepath.Join(dir, file)
				if err := h.Upload(ctx, path, 0o640, int64(len(content)), bytes.NewReader(content)); err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(path)
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("%q: %d of %d bytes, or others (%v)", file, len(got), len(content), err)
				}
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
					t.Errorf("%q: mode %v (%v)", file, info.Mode(), err)
				}
			}
			if got := h.Stats().Sessions; got != 2 {
				t.Errorf("%d sessions, want the shell and one for all files", got)
			}
		})
	}
}

func TestUploadIsPrivateWhileItGrows(t *testing.T) {
	h := dial(t, options(sshtest.Start(t, sshtest.Config{})))
	path := filepath.Join(t.TempDir(), "secret")
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- h.Upload(within(t, 5*time.Second), path, 0o644, 6, r) }()
	if _, err := w.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("half way: %v, %v", info, err)
	}
	_, _ = w.Write([]byte("def"))
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestUploadRefusals(t *testing.T) {
	h := dial(t, options(sshtest.Start(t, sshtest.Config{})))
	ctx := within(t, 10*time.Second)
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.WriteFile(taken, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := h.Upload(ctx, taken, 0o600, 1, strings.NewReader("x"))
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "web1: upload "+taken) {
		t.Errorf("an existing file: %v", err)
	}
	if got, _ := os.ReadFile(taken); string(got) != "mine" {
		t.Errorf("it now holds %q", got)
	}
	if err := h.Upload(ctx, dir+"/no/such/folder", 0o600, 1, strings.NewReader("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
	for said, content := range map[int64]string{5: "four", 3: "four"} {
		path := filepath.Join(dir, "wrong size")
		if err := h.Upload(ctx, path, 0o600, said, strings.NewReader(content)); err == nil || !strings.Contains(err.Error(), "than announced") {
			t.Errorf("%d bytes said of %q: %v", said, content, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("a broken upload was left behind")
		}
	}
}

func TestUploadCancelledAndLost(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	h := dial(t, options(s))
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	first := make([]byte, 1<<16)
	if err := h.Upload(ctx, dir+"/a", 0o600, 1<<30, io.MultiReader(bytes.NewReader(first), onRead(cancel), zeros{})); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := h.Upload(within(t, 5*time.Second), dir+"/b", 0o600, 1, strings.NewReader("x")); err != nil {
		t.Errorf("the next upload: %v", err)
	}
	err := h.Upload(within(t, 5*time.Second), dir+"/c", 0o600, 1<<30, io.MultiReader(bytes.NewReader(first), onRead(s.Drop), zeros{}))
	if !errors.Is(err, remote.ErrTransport) {
		t.Errorf("lost: %v", err)
	}
}

// onRead is an empty reader that calls a function when it is read.
type onRead func()

func (f onRead) Read([]byte) (int, error) { f(); return 0, io.EOF }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
