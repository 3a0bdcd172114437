// Package collector makes the Debian package of the OpenTelemetry collector that
// the lab's hosts install: the components of v0.110.0 with the Sumo Logic
// extension and exporter, and with what sends to Datadog, under the paths and the
// user of Sumo Logic's own package, which has all of these. The lab cannot fetch
// that one: its hosts see no other network.
package collector

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// version is the package's: of the components, and of the packaging after the
// dash. Raise the latter when anything under source or debian changes, or an edit, so that
// hosts take the new package for a newer one.
const version = "0.110.0-6"

// embedded holds the collector's own module, as the OpenTelemetry Collector
// Builder generated it from builder.yaml (builder --skip-compilation), and what
// the package consists of beside the binary. The names of the module's files end
// in .txt: the go tool embeds no files of another module. Its go.sum, not the
// checksum database, vouches for the modules: that no longer knows some so old.
//
//go:embed source debian
var embedded embed.FS

// Package returns the path of the package for this machine's architecture in
// cacheDir. It is built when it is not there, which takes minutes, a Go
// toolchain, dpkg-deb and a module proxy; progress is told in sentences.
func Package(ctx context.Context, cacheDir string, progress func(string)) (deb string, err error) {
	tool, deb, made, err := find(ctx, cacheDir)
	if err != nil || made {
		return deb, err
	}
	done, err := alone(ctx, cacheDir, progress)
	if err == nil {
		defer done()
		if _, missing := os.Stat(deb); missing != nil { // nobody has built it meanwhile
			err = build(ctx, tool, deb, progress)
		}
	}
	if err != nil {
		return "", fmt.Errorf("the collector's package could not be built: %w", err)
	}
	return deb, nil
}

// alone waits until no other lab builds, and keeps others from it until done is called:
// side by side they would all take as long as all of them together.
func alone(ctx context.Context, cacheDir string, progress func(string)) (done func(), err error) {
	if err := os.MkdirAll(cacheDir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(cacheDir, ".collector.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for told := false; ; told = true {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		if !told {
			progress("another lab builds the monitoring collector; waiting for it")
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Made is Package where it is made already, else "".
func Made(ctx context.Context, cacheDir string, _ func(string)) (deb string, err error) {
	_, deb, made, err := find(ctx, cacheDir)
	if !made {
		deb = ""
	}
	return deb, err
}

// find says where the package is to lie, and whether it is made.
func find(ctx context.Context, cacheDir string) (tool toolchain, deb string, made bool, err error) {
	if tool, err = findToolchain(ctx); err != nil {
		return tool, "", false, err
	}
	key, err := cacheKey(embedded, tool.version)
	if err != nil {
		return tool, "", false, err
	}
	deb = filepath.Join(cacheDir, fmt.Sprintf("otelcol-sumo_%s_%s_%s.deb", version, tool.arch, key))
	if _, err = os.Stat(deb); errors.Is(err, fs.ErrNotExist) {
		return tool, deb, false, nil
	}
	return tool, deb, err == nil, err
}

// toolchain is the Go toolchain that builds the collector.
type toolchain struct{ version, arch string }

func findToolchain(ctx context.Context) (toolchain, error) {
	for program, from := range map[string]string{
		"go":       "install Go from https://go.dev/dl/ or with: apt-get install -y golang-go",
		"dpkg-deb": "install it with: apt-get install -y dpkg",
	} {
		if _, err := exec.LookPath(program); err != nil {
			return toolchain{}, fmt.Errorf("the collector's package is built with %s, which this machine lacks; %s", program, from)
		}
	}
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOHOSTARCH")
	cmd.Dir = os.TempDir() // no module there chooses another toolchain
	out, err := cmd.Output()
	if err != nil {
		return toolchain{}, fmt.Errorf("ask for the version of Go: go env GOVERSION GOHOSTARCH: %w", err)
	}
	words := strings.Fields(string(out))
	if len(words) != 2 {
		return toolchain{}, fmt.Errorf("go env GOVERSION GOHOSTARCH answered %q; want two words", out)
	}
	return toolchain{version: words[0], arch: words[1]}, nil
}

// cacheKey changes with whatever the package is made of.
func cacheKey(files fs.FS, goVersion string) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n", version, goVersion)
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%q %x\n", path, sha256.Sum256(data))
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:12], err
}
