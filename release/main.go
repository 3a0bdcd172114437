// Command release builds what is handed out of foobar into a folder: a static binary
// for each system, packages for Debian and for rpm with manual pages and completions,
// a bill of materials for each binary, the licences of what is built in, and
// SHA256SUMS. The same commit, built with the same Go, gives the same bytes wherever
// and whenever. It is a module of its own so that its dependencies are not foobar's.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// targets are the systems that foobar is built for.
const targets = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64"

func main() {
	dir := flag.String("source", "..", "the folder with the product's go.mod")
	out := flag.String("out", "../dist", "the `folder` to write; what an earlier release left there goes")
	list := flag.String("targets", targets, "systems to build for, as GOOS/GOARCH")
	maintainer := flag.String("maintainer", "foobar maintainers <maintainers@foobar.invalid>", "who the packages say looks after them")
	flag.Parse()
	if err := run(*dir, *out, strings.Split(*list, ","), *maintainer); err != nil {
		fmt.Fprintln(os.Stderr, "error: "+err.Error())
		os.Exit(1)
	}
}

// run builds into a folder beside out and puts it in out's place when all is there.
func run(dir, out string, systems []string, maintainer string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	if err := mayReplace(out); err != nil {
		return err
	}
	s, err := findSource(dir, os.Getenv)
	if err != nil {
		return err
	}
	version, err := packageVersion(s.Version, s.Time)
	if err != nil {
		return err
	}
	if strings.HasSuffix(s.Version, "-dirty") {
		fmt.Fprintln(os.Stderr, "built with changes that are in no commit; the version says so")
	}
	r := &release{source: s, version: version, maintainer: maintainer, out: out + ".part"}
	if err := errors.Join(os.RemoveAll(r.out), os.MkdirAll(r.out, 0o755)); err != nil {
		return err
	}
	defer os.RemoveAll(r.out)
	if r.work, err = os.MkdirTemp("", "foobar-release-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.work)
	if err := r.build(systems); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(out), os.Rename(r.out, out)); err != nil {
		return err
	}
	fmt.Printf("foobar %s in %s\n", version, out)
	return nil
}

// mayReplace refuses a folder that holds something else than a release.
func mayReplace(out string) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == sums }) {
		err = fmt.Errorf("%s holds something else than a release; name another folder with -out", out)
	}
	return err
}
