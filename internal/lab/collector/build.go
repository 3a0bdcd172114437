package collector

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	in := func(mod string, args ...string) error {
		cmd := exec.CommandContext(ctx, "nice", append([]string{"-n", "10", "go"}, args...)...)
		cmd.Dir = module
		// go.sum is complete, so every module is verified without the checksum database.
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+tool.arch,
			"GOFLAGS=-mod="+mod+" -buildvcs=false", "GOSUMDB=off", "GOWORK=off", "GOTOOLCHAIN=local")
		return run(cmd)
	}
	if err := in("readonly", "mod", "vendor"); err != nil {
		return err
	}
	if err := trim(filepath.Join(module, "vendor", "github.com", "open-telemetry", "opentelemetry-collector-contrib")); err != nil {
		return err
	}
	return in("vendor", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
}

// unused are lines of components that name what no host of the lab has: detectors of
// clouds, and drivers of other databases. They stand for half of all that would be
// compiled.
var unused = map[string]*regexp.Regexp{
	"processor/resourcedetectionprocessor/factory.go": clouds,
	"processor/resourcedetectionprocessor/config.go":  clouds,
	"internal/sqlquery/db_client.go":                  regexp.MustCompile(`(?m)^\s*_ "github\.com/(SAP|lib|microsoft|sijms|snowflakedb)/.*\n`),
}

var clouds = regexp.MustCompile(`(?mi)^.*\b(ec2|ecs|eks|elasticbeanstalk|lambda|azure|aks|consul|docker|gcp|heroku|openshift|k8snode)(config)?\b.*\n`)

// trim takes unused lines out of a copy of the components.
func trim(components string) error {
	for name, lines := range unused {
		path := filepath.Join(components, filepath.FromSlash(name))
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, lines.ReplaceAll(text, nil), 0o644); err != nil {
			return err
		}
	}
	return nil
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
