package secret_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/secret"
)

func write(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	t.Setenv("FOOBAR_TEST", known)
	for name, s := range map[string]secret.Source{
		"env":       {Env: "FOOBAR_TEST"},
		"file":      {File: write(t, known+"\n", 0o600)},
		"read only": {File: write(t, known+"\r\n", 0o400)},
		"command":   {Command: []string{"printf", "%s\\n", known}},
	} {
		got, err := secret.Read(t.Context(), s)
		if err != nil || got.Reveal() != known {
			t.Errorf("%s: %q, %v", name, got.Reveal(), err)
		}
	}
	got, err := secret.Read(t.Context(), secret.Source{File: write(t, "two\nlines\n\n", 0o600)})
	if err != nil || got.Reveal() != "two\nlines\n" {
		t.Errorf("more than one line end was taken off: %q, %v", got.Reveal(), err)
	}
	got, err = secret.Read(t.Context(), secret.Source{Command: []string{"echo", "$HOME;", "*"}})
	if err != nil || got.Reveal() != "$HOME; *" {
		t.Errorf("a shell read the command: %q, %v", got.Reveal(), err)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Setenv("FOOBAR_EMPTY", "")
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("hunter2", 10000)
	for name, c := range map[string]struct {
		source secret.Source
		want   string
	}{
		"nothing":         {secret.Source{}, "0 sources"},
		"two":             {secret.Source{Env: "A", File: "b"}, "2 sources"},
		"unset":           {secret.Source{Env: "FOOBAR_UNSET_VARIABLE"}, "FOOBAR_UNSET_VARIABLE is not set"},
		"empty env":       {secret.Source{Env: "FOOBAR_EMPTY"}, "FOOBAR_EMPTY is empty"},
		"no file":         {secret.Source{File: "/nonexistent/secret"}, "/nonexistent/secret"},
		"group":           {secret.Source{File: write(t, known, 0o640)}, "0640"},
		"world":           {secret.Source{File: write(t, known, 0o604)}, "chmod 600"},
		"empty file":      {secret.Source{File: write(t, "\n", 0o600)}, "is empty"},
		"folder":          {secret.Source{File: t.TempDir()}, "is not a file"},
		"pipe":            {secret.Source{File: pipe}, "is not a file"},
		"long file":       {secret.Source{File: write(t, long, 0o600)}, "more than 64 KiB"},
		"NUL":             {secret.Source{File: write(t, known+"\x00", 0o600)}, "NUL byte"},
		"no program":      {secret.Source{Command: []string{"/nonexistent/program", known}}, "there is no program /nonexistent/program"},
		"failing":         {secret.Source{Command: []string{"sh", "-c", "echo " + known + "; exit 3"}}, "sh failed: exit status 3"},
		"silent":          {secret.Source{Command: []string{"true"}}, "the output of true is empty"},
		"long and broken": {secret.Source{Command: []string{"sh", "-c", "yes hunter2"}}, "more than 64 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := secret.Read(t.Context(), c.source)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v; want one with %q", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") || !got.Empty() {
				t.Errorf("the secret shows: %v", err)
			}
		})
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := secret.Read(ctx, secret.Source{Command: []string{"sh", "-c", "exec 2>&-; sleep 5 & sleep 5"}})
	if err == nil || time.Since(start) > 4*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestFreshMasterIsKeptOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foobar.key")
	if _, err := secret.LoadMaster(path, 1, secret.Site{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Fatalf("without a file: %v", err)
	}
	first, err := secret.FreshMaster(1, secret.Site{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("a file was made unasked")
	}
	if err := first.Keep(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	other, err := secret.FreshMaster(1, secret.Site{})
	if err != nil || other.Password("x").Reveal() == first.Password("x").Reveal() || other.Fingerprint() == first.Fingerprint() {
		t.Errorf("two masters are alike (%v)", err)
	}
	if err := other.Keep(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over another: %v", err)
	}
	again, err := secret.LoadMaster(path, 1, secret.Site{})
	if err != nil || first.Password("x").Reveal() != again.Password("x").Reveal() {
		t.Errorf("what was kept is not what is read (%v)", err)
	}
	next, err := secret.LoadMaster(path, 2, secret.Site{Name: "another"})
	if err != nil || next.Password("x").Reveal() == first.Password("x").Reveal() || next.Fingerprint() != first.Fingerprint() {
		t.Errorf("generation 2 has the passwords of generation 1, or another fingerprint (%v)", err)
	}
	if raw, err := os.ReadFile(path); err != nil || strings.Contains(string(raw), first.Fingerprint()) || len(first.Fingerprint()) != 32 {
		t.Errorf("the fingerprint %s", first.Fingerprint())
	}
}

func TestLoadMasterRefuses(t *testing.T) {
	good := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	for name, c := range map[string]struct{ path, want string }{
		"readable": {write(t, good, 0o644), "0644"},
		"damaged":  {write(t, good[:20]+"!"+good[21:], 0o600), "not base64"},
		"short":    {write(t, base64.StdEncoding.EncodeToString([]byte("short")), 0o600), "too short"},
		"empty":    {write(t, "", 0o600), "too short"},
		"folder":   {t.TempDir(), "not a file"},
		"nowhere":  {"/nonexistent/foobar.key", "/nonexistent"},
	} {
		before, _ := os.ReadFile(c.path)
		_, err := secret.LoadMaster(c.path, 1, secret.Site{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), good[:20]) {
			t.Errorf("%s: %v; want an error with %q", name, err, c.want)
		}
		if after, _ := os.ReadFile(c.path); string(before) != string(after) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

// TestCommandRunsInItsFolder: files that it names count from there.
func TestCommandRunsInItsFolder(t *testing.T) {
	file := write(t, known, 0o600)
	got, err := secret.Read(t.Context(), secret.Source{Command: []string{"cat", filepath.Base(file)}, Dir: filepath.Dir(file)})
	if err != nil || got.Reveal() != known {
		t.Errorf("%q, %v", got.Reveal(), err)
	}
}
