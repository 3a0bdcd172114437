package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestSameBytes builds the same source in two folders, by people with other
// settings, and looks into what came out. In full, every system is built, and the
// second time from nothing that the first has compiled; -short does one system.
func TestSameBytes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("packages are looked into with Debian's tools")
	}
	systems := strings.Split(targets, ",")
	if testing.Short() {
		systems = []string{"linux/" + runtime.GOARCH}
	}
	t.Setenv("VERSION", "v1.2.3-rc1")
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	const maintainer = "Somebody <somebody@example.com>"
	first, second := filepath.Join(t.TempDir(), "dist"), filepath.Join(t.TempDir(), "another", "place")

	here := copySource(t, filepath.Join(t.TempDir(), "a"))
	if err := run(here, first, systems, maintainer); err != nil {
		t.Fatal(err)
	}
	there := copySource(t, filepath.Join(t.TempDir(), "a folder with a longer name", "b"))
	for k, v := range map[string]string{"TZ": "Pacific/Auckland", "LC_ALL": "C.UTF-8", "GOFLAGS": "-v", "GOAMD64": "v3", "TERM": "xterm", "USER": "other"} {
		t.Setenv(k, v)
	}
	if !testing.Short() {
		t.Setenv("GOCACHE", filepath.Join(t.TempDir(), "cache"))
	}
	mask := syscall.Umask(0o077)
	processors := runtime.GOMAXPROCS(1) // compressors may split their work
	err := run(there, second, systems, maintainer)
	runtime.GOMAXPROCS(processors)
	syscall.Umask(mask)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TZ", "UTC") // for what dpkg-deb shows
	names := same(t, first, second)
	// For each system a binary and its materials, two packages where it is Linux;
	// the licences and the sums.
	want := 2*len(systems) + 2
	for _, s := range systems {
		if strings.HasPrefix(s, "linux/") {
			want += 2
		}
	}
	if len(names) != want {
		t.Errorf("%d files, want %d: %v", len(names), want, names)
	}
	if out, err := command(first, "sha256sum", "-c", "--strict", sums); err != nil {
		t.Errorf("%s: %v", out, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".cdx.json") {
			checkMaterials(t, filepath.Join(first, name))
		}
	}
	checkBinary(t, filepath.Join(first, "foobar_1.2.3~rc1_linux_"+runtime.GOARCH))
	checkDeb(t, filepath.Join(first, "foobar_1.2.3~rc1_"+runtime.GOARCH+".deb"))
	if found, _ := filepath.Glob(filepath.Join(first, "*.rpm")); len(found) > 0 {
		checkRPM(t, found[0])
	}
	// A second release takes the place of the first; anything else does not go.
	if mayReplace(first) != nil || mayReplace(here) == nil {
		t.Error("what -out may replace is not told apart")
	}
}

// copySource copies the working tree, without what git ignores.
func copySource(t *testing.T, to string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		switch {
		case rel == ".git" || rel == "bin" || rel == "dist" || rel == "dist.part" || rel == "tmp":
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		case !e.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, info.Mode())
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// same compares two folders, and returns the names of what is in them.
func same(t *testing.T, a, b string) []string {
	t.Helper()
	var names [2][]string
	for i, dir := range []string{a, b} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names[i] = append(names[i], e.Name())
		}
	}
	if !slices.Equal(names[0], names[1]) {
		t.Fatalf("other files: %v and %v", names[0], names[1])
	}
	for _, name := range names[0] {
		x, errX := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			t.Errorf("%s is not the same: %v %v", name, errX, errY)
		}
		x1, _ := os.Stat(filepath.Join(a, name))
		y1, _ := os.Stat(filepath.Join(b, name))
		if x1.Mode() != y1.Mode() || x1.Mode()&0o044 != 0o044 {
			t.Errorf("%s: mode %v and %v", name, x1.Mode(), y1.Mode())
		}
	}
	return names[0]
}

func command(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// checkBinary: linked to nothing, free of the builder's paths, and it knows what it is.
func checkBinary(t *testing.T, path string) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if libs, err := f.ImportedLibraries(); err != nil || len(libs) > 0 || f.Section(".interp") != nil {
		t.Errorf("not static: %v %v", libs, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range []string{os.TempDir() + "/", os.Getenv("HOME") + "/"} {
		if bytes.Contains(data, []byte(trace+"go/pkg")) || bytes.Contains(data, []byte(trace+"Test")) {
			t.Errorf("the builder's folder %s is in the binary", trace)
		}
	}
	out, err := command("", path, "version")
	if want := "foobar v1.2.3-rc1, " + runtime.Version() + " linux/" + runtime.GOARCH; err != nil || strings.TrimSpace(out) != want {
		t.Errorf("version: got %q, %v; want %q", out, err, want)
	}
}

// checkMaterials: what go.mod wants and is built in is named with its version.
func checkMaterials(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var bom struct {
		BOMFormat string
		Metadata  struct {
			Timestamp string
			Component struct{ Name, Version string }
		}
		Components []struct {
			Name, Version string
			Hashes        []struct{ Content string }
		}
	}
	if err := json.Unmarshal(data, &bom); err != nil || bom.BOMFormat != "CycloneDX" {
		t.Fatalf("%s: %v, %q", path, err, bom.BOMFormat)
	}
	if c := bom.Metadata.Component; c.Name != "foobar" || c.Version != "v1.2.3-rc1" || bom.Metadata.Timestamp != "" {
		t.Errorf("it is of %+v at %q", c, bom.Metadata.Timestamp)
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, c := range bom.Components {
		found[c.Name] = true
		if c.Name != "std" && (!strings.Contains(string(mod), c.Name+" "+c.Version) || len(c.Hashes) == 0) {
			t.Errorf("%s %s is not of go.mod, or has no digest", c.Name, c.Version)
		}
	}
	for _, name := range []string{"std", "github.com/spf13/cobra", "golang.org/x/crypto"} {
		if !found[name] {
			t.Errorf("%s does not list %s", path, name)
		}
	}
}
