package collector

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// build compiles the collector and packs it; the package appears whole or not at all.
func build(ctx context.Context, tool toolchain, deb string, progress func(string)) error {
	if err := os.MkdirAll(filepath.Dir(deb), 0o755); err != nil {
		return err
	}
	// Beside the package, so that it can be renamed into place.
	work, err := os.MkdirTemp(filepath.Dir(deb), ".collector-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	module, binary := filepath.Join(work, "module"), filepath.Join(work, "otelcol-sumo")
	if err := writeModule(module); err != nil {
		return err
	}
	began := time.Now()
	progress("building the monitoring collector; this takes some minutes, once")
	stop := every(30*time.Second, func() {
		progress(fmt.Sprintf("still building the monitoring collector (%s)", time.Since(began).Round(time.Second)))
	})
	err = compile(ctx, module, binary, tool)
	stop()
	if err != nil {
		return err
	}
	made := filepath.Join(work, "otelcol-sumo.deb")
	if err := pack(ctx, filepath.Join(work, "root"), binary, tool.arch, made); err != nil {
		return err
	}
	if err := os.Rename(made, deb); err != nil {
		return err
	}
	progress(fmt.Sprintf("built the monitoring collector in %s: %s", time.Since(began).Round(time.Second), deb))
	return nil
}

// writeModule lays out the embedded module under its real names.
func writeModule(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	files, err := fs.Glob(embedded, "source/*.txt")
	if err != nil {
		return err
	}
	for _, name := range files {
		data, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, strings.TrimSuffix(filepath.Base(name), ".txt"))
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compile builds a static binary, behind whatever else this machine does.
func compile(ctx context.Context, module, binary string, tool toolchain) error {
	cmd := exec.CommandContext(ctx, "nice", "-n", "10", "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	cmd.Dir = module
	// go.sum is complete, so every module is verified without the checksum database.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+tool.arch,
		"GOFLAGS=-mod=readonly -buildvcs=false", "GOSUMDB=off", "GOWORK=off", "GOTOOLCHAIN=local")
	return run(cmd)
}

// run makes one error of a program's failure and its last lines. When the
// context ends, the program's children end with it.
func run(cmd *exec.Cmd) error {
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if cmd.Cancel != nil {
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	}
	if err := cmd.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.Join(lines[max(0, len(lines)-5):], " | "))
	}
	return nil
}

// every calls f at intervals until the returned function is called, which
// returns when f will not be called again.
func every(interval time.Duration, f func()) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				f()
			}
		}
	}()
	return func() { close(done); <-ended }
}
