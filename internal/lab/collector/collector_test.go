package collector

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("needs %s", p)
		}
	}
}

func TestCacheKeyFollowsWhatThePackageIsMadeOf(t *testing.T) {
	key := func(goVersion string, files fstest.MapFS) string {
		k, err := cacheKey(files, goVersion)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	one := fstest.MapFS{"a": {Data: []byte("1")}}
	first := key("go1.26", one)
	if first != key("go1.26", one) {
		t.Error("the key of the same is not the same")
	}
	for name, other := range map[string]string{
		"Go":      key("go1.27", one),
		"content": key("go1.26", fstest.MapFS{"a": {Data: []byte("2")}}),
		"name":    key("go1.26", fstest.MapFS{"b": {Data: []byte("1")}}),
	} {
		if other == first {
			t.Errorf("another %s has the same key", name)
		}
	}
}

func TestPackageInTheCacheIsNotBuiltAgain(t *testing.T) {
	needs(t, "go", "dpkg-deb")
	dir := t.TempDir()
	tool, err := findToolchain(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	key, err := cacheKey(embedded, tool.version)
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(dir, "otelcol-sumo_"+version+"_"+tool.arch+"_"+key+".deb")
	if err := os.WriteFile(want, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Package(context.Background(), dir, func(s string) { t.Errorf("said %q", s) })
	if err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	needs(t, "go", "dpkg-deb")
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := build(ctx, toolchain{arch: "amd64"}, filepath.Join(dir, "x.deb"), func(string) {}); err == nil {
		t.Error("a cancelled build succeeds")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestModuleHasTheComponents: what the role's configuration names must be there.
func TestModuleHasTheComponents(t *testing.T) {
	dir := t.TempDir()
	if err := writeModule(dir); err != nil {
		t.Fatal(err)
	}
	components, err := os.ReadFile(filepath.Join(dir, "components.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"sumologicextension", "filestorage", "healthcheckextension", "hostmetricsreceiver", "filelogreceiver",
		"otlpreceiver", "journaldreceiver", "mysqlreceiver", "sqlqueryreceiver", "haproxyreceiver", "nginxreceiver", "memorylimiterprocessor",
		"batchprocessor", "resourcedetectionprocessor", "resourceprocessor", "sumologicexporter", "debugexporter"} {
		if !strings.Contains(string(components), name+".NewFactory()") {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range []string{"go.mod", "go.sum", "main.go"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// TestEditsTakeOnlyWhatIsNotUsed: of files in the form of those of the components.
func TestEditsTakeOnlyWhatIsNotUsed(t *testing.T) {
	files := map[string]map[string][2]string{
		"processor/resourcedetectionprocessor": {
			"factory.go": {"import \"x/internal/aws/ec2\"\nimport \"x/internal/env\"\n\taks.TypeStr: aks.NewDetector,\n\tsystem.TypeStr: system.NewDetector,\n",
				"import \"x/internal/env\"\n\tsystem.TypeStr: system.NewDetector,\n"},
			"config.go": {"\tEC2Config ec2.Config `mapstructure:\"ec2\"`\n\tSystemConfig system.Config\n\tcase k8snode.TypeStr:\n\t\treturn d.K8SNodeConfig\n\tdefault:\n",
				"\tSystemConfig system.Config\n\tdefault:\n"},
		},
		"internal/sqlquery": {
			"db_client.go": {"\t_ \"github.com/SAP/go-hdb/driver\"\n\t_ \"github.com/go-sql-driver/mysql\"\n\t_ \"github.com/sijms/go-ora/v2\"\n", "\t_ \"github.com/go-sql-driver/mysql\"\n"},
		},
		"pkg/ottl": {
			"expression.go":                {"\t\"github.com/goccy/go-json\"\n\t\"x/pcommon\"\n", "\t\"encoding/json\"\n\t\"x/pcommon\"\n"},
			"ottlfuncs/func_parse_json.go": {"\t\"github.com/goccy/go-json\"\n", "\t\"encoding/json\"\n"},
		},
		"pkg/stanza": {
			"adapter/register.go":                 {"\t_ \"x/stanza/operator/parser/json\"\n\t_ \"x/stanza/operator/parser/syslog\"\n", "\t_ \"x/stanza/operator/parser/json\"\n"},
			"operator/parser/json/parser.go":      {"\t\"github.com/goccy/go-json\"\n", "\t\"encoding/json\"\n"},
			"operator/parser/container/parser.go": {"\t\"github.com/goccy/go-json\"\n", "\t\"encoding/json\"\n"},
		},
	}
	for module, edits := range trimmed {
		dir := t.TempDir()
		for _, e := range edits {
			path, text := filepath.Join(dir, e.file), files[module][e.file]
			if err := e.apply(dir); err == nil {
				t.Errorf("%s of %s is not there, and that is no error", e.file, module)
			}
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text[0]), 0o644), e.apply(dir)); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != text[1] {
				t.Errorf("%s of %s is now %q, %v", e.file, module, got, err)
			}
			if err := e.apply(dir); err == nil {
				t.Errorf("an edit of %s of %s that finds nothing is no error", e.file, module)
			}
		}
	}
}

func TestPackIsADebianPackage(t *testing.T) {
	needs(t, "dpkg-deb")
	dir := t.TempDir()
	binary := filepath.Join(dir, "binary")
	if err := os.WriteFile(binary, []byte(strings.Repeat("x", 4096)), 0o600); err != nil {
		t.Fatal(err)
	}
	var digest [2]string
	for i := range digest {
		deb := filepath.Join(dir, "x.deb")
		if err := pack(context.Background(), filepath.Join(dir, "root", string(rune('a'+i))), binary, "amd64", deb); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(deb)
		if err != nil {
			t.Fatal(err)
		}
		digest[i] = string(data)
	}
	if digest[0] != digest[1] {
		t.Error("the same binary makes two different packages")
	}
	info, err := exec.Command("dpkg-deb", "-f", filepath.Join(dir, "x.deb"), "Package", "Version", "Architecture", "Installed-Size").Output()
	want := "Package: otelcol-sumo\nVersion: " + version + "\nArchitecture: amd64\nInstalled-Size: 4\n"
	if err != nil || string(info) != want {
		t.Errorf("got %q, %v; want %q", info, err, want)
	}
	list, err := exec.Command("dpkg-deb", "-c", filepath.Join(dir, "x.deb")).Output()
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]string{}
	for _, line := range strings.Split(string(list), "\n") {
		if f := strings.Fields(line); len(f) == 6 {
			modes[f[5]] = f[0] + " " + f[1]
		}
	}
	for path, mode := range map[string]string{
		"./usr/local/bin/otelcol-sumo":                  "-rwxr-xr-x root/root",
		"./usr/share/otelcol-sumo/otelcol-sumo.sh":      "-rwxr-xr-x root/root",
		"./usr/lib/systemd/system/otelcol-sumo.service": "-rw-r--r-- root/root",
		"./etc/otelcol-sumo/sumologic.yaml":             "-rw-r--r-- root/root",
		"./etc/otelcol-sumo/env/":                       "drwxr-x--- root/root",
		"./etc/otelcol-sumo/conf.d/":                    "drwxr-xr-x root/root",
	} {
		if modes[path] != mode {
			t.Errorf("%s: %q, want %q", path, modes[path], mode)
		}
	}
}

func TestScriptsAreShell(t *testing.T) {
	for _, name := range []string{"postinst", "prerm", "postrm", "otelcol-sumo.sh"} {
		data, err := embedded.ReadFile("debian/" + name)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-n")
		cmd.Stdin = strings.NewReader(string(data))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}
