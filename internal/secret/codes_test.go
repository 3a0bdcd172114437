package secret_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/internal/secret"
)

func TestCodes(t *testing.T) {
	for _, c := range []struct {
		code fault.Code
		s    secret.Source
	}{
		{"SEC01", secret.Source{Env: "FOOBAR_NOT_SET_ANYWHERE"}},
		{"SEC02", secret.Source{File: filepath.Join(t.TempDir(), "none")}},
		{"SEC02", secret.Source{File: t.TempDir()}},
		{"SEC03", secret.Source{Command: []string{"false"}}},
		{"SEC03", secret.Source{Command: []string{"no-such-program-anywhere"}}},
		{"SEC04", secret.Source{File: write(t, "x", 0o644)}},
		{"SEC05", secret.Source{File: write(t, "\n", 0o600)}},
		{"SEC05", secret.Source{File: write(t, "a\x00b", 0o600)}},
		{"SEC05", secret.Source{Command: []string{"head", "-c", "70000", "/dev/zero"}}},
	} {
		_, err := secret.Read(t.Context(), c.s)
		faulttest.Wants(t, err, c.code)
	}
	_, err := secret.LoadMaster(filepath.Join(t.TempDir(), "foobar.key"), 1, secret.Site{})
	faulttest.Wants(t, err, "SEC07")
	for _, text := range []string{"not base64!", "c2hvcnQ="} {
		_, err := secret.LoadMaster(write(t, text, 0o600), 1, secret.Site{})
		faulttest.Wants(t, err, "SEC08")
	}
	_, err = secret.LoadMaster(write(t, "x", 0o644), 1, secret.Site{})
	faulttest.Wants(t, err, "SEC04")
}

func TestCodeOfACommandThatHangs(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := secret.Read(ctx, secret.Source{Command: []string{"sleep", "5"}})
	faulttest.Wants(t, err, "SEC06")
}
