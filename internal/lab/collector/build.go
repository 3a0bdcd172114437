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
	in := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "nice", append([]string{"-n", "10", "go"}, args...)...)
		cmd.Dir = module
		// go.sum is complete, so every module is verified without the checksum database.
		// The compiler collects its garbage when it holds a gigabyte: it seldom comes to that.
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+tool.arch, "GOGC=off", "GOMEMLIMIT=1GiB",
			"GOFLAGS=-mod=readonly -buildvcs=false", "GOSUMDB=off", "GOWORK=off", "GOTOOLCHAIN=local")
		return run(cmd)
	}
	for name, trims := range trimmed {
		if err := replace(in, module, components+"/"+name, trims); err != nil {
			return err
		}
	}
	_, err := in(append(append([]string{"build"}, brief...), "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")...)
	return err
}

// brief spares the compiler what a lab does not need: notes for a debugger, which the
// linker would drop, and inlining. Not for the standard library, which is compiled
// already, as foobar itself has it.
var brief = []string{
	"-gcflags=github.com/...=-dwarf=false -l", "-gcflags=go.opentelemetry.io/...=-dwarf=false -l",
	"-gcflags=gonum.org/...=-dwarf=false -l", "-gcflags=google.golang.org/...=-dwarf=false -l",
}

// components is the path under which the collector's components are modules.
const components = "github.com/open-telemetry/opentelemetry-collector-contrib"

// An edit replaces what matches in one file of a module.
type edit struct {
	file  string
	match *regexp.Regexp
	with  string
}

// trimmed are edits of components, by module, that take out what no host of the lab
// has and foobar configures nowhere: detectors of clouds, drivers of other databases,
// a parser of syslog, and a JSON decoder that is faster than the standard one. They
// stand for more than half of what would be downloaded and compiled.
var trimmed = map[string][]edit{
	"processor/resourcedetectionprocessor": {{file: "factory.go", match: clouds}, {file: "config.go", match: clouds}},
	"internal/sqlquery":                    {{file: "db_client.go", match: regexp.MustCompile(`(?m)^\s*_ "github\.com/(SAP|lib|microsoft|sijms|snowflakedb)/.*\n`)}},
	"pkg/ottl":                             {{file: "expression.go", match: fastJSON, with: plainJSON}, {file: "ottlfuncs/func_parse_json.go", match: fastJSON, with: plainJSON}},
	"pkg/stanza": {
		{file: "adapter/register.go", match: regexp.MustCompile(`(?m)^\s*_ ".*/operator/parser/syslog"\n`)},
		{file: "operator/parser/json/parser.go", match: fastJSON, with: plainJSON},
		{file: "operator/parser/container/parser.go", match: fastJSON, with: plainJSON},
	},
}

var (
	clouds   = regexp.MustCompile(`(?mi)^.*\b(ec2|ecs|eks|elasticbeanstalk|lambda|azure|aks|consul|docker|gcp|heroku|openshift|k8snode)(config)?\b.*\n`)
	fastJSON = regexp.MustCompile(`"github\.com/goccy/go-json"`)
)

const plainJSON = `"encoding/json"`

// replace has the module built with an edited copy of another, which the module cache
// would not let be changed in place.
func replace(in func(...string) (string, error), module, path string, edits []edit) error {
	if _, err := in("mod", "download", path); err != nil {
		return err
	}
	from, err := in("list", "-m", "-f", "{{.Dir}}", path)
	if err != nil {
		return err
	}
	to := filepath.Join("edited", filepath.FromSlash(path))
	if err := os.CopyFS(filepath.Join(module, to), os.DirFS(from)); err != nil {
		return err
	}
	for _, e := range edits {
		if err := e.apply(filepath.Join(module, to)); err != nil {
			return err
		}
	}
	_, err = in("mod", "edit", "-replace", path+"=./"+filepath.ToSlash(to))
	return err
}

// apply makes the edit in a copy of the module. An edit that finds nothing is an error:
// the components have changed.
func (e edit) apply(dir string) error {
	path := filepath.Join(dir, filepath.FromSlash(e.file))
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !e.match.Match(text) {
		return fmt.Errorf("%s: nothing there matches %s, which was to be taken out", e.file, e.match)
	}
	return os.WriteFile(path, e.match.ReplaceAll(text, []byte(e.with)), 0o644)
}

// run returns what a program printed, and makes one error of its failure and its last
// lines. When the context ends, the program's children end with it.
func run(cmd *exec.Cmd) (printed string, err error) {
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if cmd.Cancel != nil {
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	}
	if err := cmd.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(out.String()+said.String()), "\n")
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.Join(lines[max(0, len(lines)-5):], " | "))
	}
	return strings.TrimSpace(out.String()), nil
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
