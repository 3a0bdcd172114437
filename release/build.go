package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// sums is the file with the digests of all the others.
const sums = "SHA256SUMS"

// release is one release being built.
type release struct {
	source     source
	version    string // as packages have it
	maintainer string
	out, work  string // what is handed out, and what is needed on the way
}

// build makes everything.
func (r *release) build(systems []string) error {
	for _, system := range systems {
		goos, arch, ok := strings.Cut(system, "/")
		if !ok {
			return fmt.Errorf("-targets %s: want GOOS/GOARCH", system)
		}
		fmt.Fprintln(os.Stderr, "building "+system)
		if err := r.compile(goos, arch, r.binary(goos, arch)); err != nil {
			return err
		}
		if err := r.materials(r.binary(goos, arch)); err != nil {
			return err
		}
	}
	licences := filepath.Join(r.out, "foobar_"+r.version+"_licenses.txt")
	if err := r.licences(licences, systems); err != nil {
		return err
	}
	if err := r.manual(systems); err != nil {
		return err
	}
	for _, system := range systems {
		if arch, ok := strings.CutPrefix(system, "linux/"); ok {
			if err := r.pack(arch, licences); err != nil {
				return err
			}
		}
	}
	return writeSums(r.out)
}

func (r *release) binary(goos, arch string) string {
	return filepath.Join(r.out, "foobar_"+r.version+"_"+goos+"_"+arch)
}

// goCommand is the go command without the settings of whoever runs it that would
// show in what it builds.
func (r *release) goCommand(env []string, args ...string) *exec.Cmd {
	program := os.Getenv("GO")
	if program == "" {
		program = "go"
	}
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stderr = r.source.Dir, os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off")
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// compile builds the binary of one system. The linker writes into it what git
// said, in the form that foobar's version command reads.
func (r *release) compile(goos, arch, to string) error {
	stamp := strings.Join([]string{r.source.Version, r.source.Revision, r.source.Commit}, ",")
	cmd := r.goCommand([]string{"GOOS=" + goos, "GOARCH=" + arch}, "build", "-o", to,
		"-ldflags=-s -w -buildid= -X main.stamp="+stamp, "./cmd/foobar")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s/%s: %w", goos, arch, err)
	}
	return nil
}

// materials writes the binary's bill of materials (CycloneDX, JSON): the modules
// that are in it, as the toolchain wrote them there, with their digests.
func (r *release) materials(binary string) error {
	cmd := r.goCommand(nil, "tool", "cyclonedx-gomod", "bin", "-json", "-std", "-noserial", "-notimestamp",
		"-version", r.source.Version, "-output", binary+".cdx.json", binary)
	cmd.Dir = filepath.Join(r.source.Dir, "release")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("bill of materials of %s: %w", filepath.Base(binary), err)
	}
	return nil
}

// manual has the binary write its manual pages and completions.
func (r *release) manual(systems []string) error {
	program := r.binary(runtime.GOOS, runtime.GOARCH)
	if !slices.Contains(systems, runtime.GOOS+"/"+runtime.GOARCH) {
		program = filepath.Join(r.work, "foobar")
		if err := r.compile(runtime.GOOS, runtime.GOARCH, program); err != nil {
			return err
		}
	}
	man := filepath.Join(r.work, "man")
	ask := func(args ...string) ([]byte, error) {
		cmd := exec.Command(program, args...)
		cmd.Stderr = os.Stderr
		cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.FormatInt(r.source.Time.Unix(), 10))
		return cmd.Output()
	}
	if _, err := ask("man", man); err != nil {
		return fmt.Errorf("foobar man: %w", err)
	}
	pages, err := filepath.Glob(filepath.Join(man, "*.1"))
	if err != nil || len(pages) == 0 {
		return errors.Join(err, errors.New("foobar man wrote no pages"))
	}
	for _, page := range pages {
		if err := compress(page); err != nil {
			return err
		}
	}
	for _, shell := range shells {
		text, err := ask("completion", shell.name)
		if err != nil {
			return fmt.Errorf("foobar completion %s: %w", shell.name, err)
		}
		if err := os.WriteFile(filepath.Join(r.work, shell.name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compress puts FILE.gz, which says nothing of its time, in the place of FILE.
func compress(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = z.Write(text)
	return errors.Join(err, z.Close(), os.WriteFile(file+".gz", packed.Bytes(), 0o644), os.Remove(file))
}

// writeSums writes the digests of a folder's files in the form of sha256sum. All of
// them get the same modes, whatever the umask.
func writeSums(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if info, err := e.Info(); err == nil && info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		if err := os.Chmod(filepath.Join(dir, e.Name()), mode); err != nil {
			return err
		}
		digest := sha256.Sum256(data)
		b.WriteString(hex.EncodeToString(digest[:]) + "  " + e.Name() + "\n")
	}
	list := filepath.Join(dir, sums)
	return errors.Join(os.WriteFile(list, []byte(b.String()), 0o644), os.Chmod(list, 0o644), os.Chmod(dir, 0o755))
}
