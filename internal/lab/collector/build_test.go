package collector

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestBuiltPackageStarts builds the real package, or takes it from the cache
// folder that FOOBAR_COLLECTOR_CACHE names; without that variable it is skipped,
// because it takes minutes.
func TestBuiltPackageStarts(t *testing.T) {
	cache := os.Getenv("FOOBAR_COLLECTOR_CACHE")
	if cache == "" {
		t.Skip("set FOOBAR_COLLECTOR_CACHE to a folder to build the package there")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	deb, err := Package(ctx, cache, func(s string) { t.Log(s) })
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if out, err := exec.Command("dpkg-deb", "-x", deb, root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	binary := filepath.Join(root, "usr/local/bin/otelcol-sumo")
	cmd := exec.Command(binary, "validate", "--config", filepath.Join(root, "etc/otelcol-sumo/sumologic.yaml"))
	cmd.Env = []string{"HOME=" + root, "SUMOLOGIC_INSTALLATION_TOKEN=x"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("its own configuration is not valid: %v: %s", err, out)
	}
	if out, err := exec.Command(binary, "components").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// TestOneBuildAtATime: a second lab waits, says so once, and comes to its turn.
func TestOneBuildAtATime(t *testing.T) {
	dir, told := filepath.Join(t.TempDir(), "cache"), 0
	tell := func(string) { told++ }
	done, err := alone(context.Background(), dir, tell)
	if err != nil || told != 0 {
		t.Fatalf("the first: %v, told %d times", err, told)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := alone(ctx, dir, func(text string) { tell(text); cancel() }); !errors.Is(err, context.Canceled) || told != 1 {
		t.Errorf("one that is stopped while it waits: %v, told %d times", err, told)
	}
	next, err := alone(context.Background(), dir, func(text string) { tell(text); done() })
	if err != nil || told != 2 {
		t.Fatalf("the next: %v, told %d times", err, told)
	}
	next()
}
