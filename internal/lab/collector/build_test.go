package collector

import (
	"context"
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
