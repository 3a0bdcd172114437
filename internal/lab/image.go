package lab

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// imagePackages is what a bare Debian server or cloud image has, beyond the
// packages that Debian always has. No more: what foobar needs it must install.
var imagePackages = [...]string{
	"systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "iproute2", "iputils-ping",
	"ca-certificates", "python3", "netbase", "procps", "kmod", "less",
}

// imageGroup is the control group of the program that makes the image; no host can
// have such a name.
const imageGroup = "_image"

// imageScript finishes the root file system, given as its first argument. Three
// users stand beside root: admin (sudo without a password), oper (sudo with the
// password "oper") and nosudo.
//
//go:embed image.sh
var imageScript string

// sources are the package sources of hosts of a release.
func (m mirrors) sources(suite string) []string {
	lines := []string{
		"deb " + known(m.Debian) + " " + suite + " main",
		"deb " + known(m.Debian) + " " + suite + "-updates main",
	}
	if m.Security != "" {
		lines = append(lines, "deb "+known(m.Security)+" "+suite+"-security main")
	}
	return lines
}

// imageKey names the root file system by what it is made of.
func imageKey(sources []string) string {
	sum := sha256.New()
	for _, part := range append(append(sources, imagePackages[:]...), imageScript) {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// imageOf is the folder of a release's root file system.
func (l *Lab) imageOf(suite string) string {
	return filepath.Join(l.Cache(), "root-"+imageKey(machineMirrors().sources(suite)))
}

// image returns the root file system of hosts of a release, made when it is not in the
// cache. The lab's network must be up: packages come through the lab's own cache.
func (l *Lab) image(ctx context.Context, suite string) (string, error) {
	sources, dir := machineMirrors().sources(suite), l.imageOf(suite)
	if _, err := os.Stat(filepath.Join(dir, "etc/debian_version")); err == nil {
		return dir, nil
	}
	began := time.Now()
	l.logf("making the hosts' root file system (Debian %s), once", suite)
	part := dir + ".part"
	// Mounts that a crash left in it must not be reached into.
	if err := unmountBelow(part); err != nil {
		return "", err
	}
	if err := os.RemoveAll(part); err != nil {
		return "", err
	}
	script := filepath.Join(l.State(), "image.sh")
	if err := os.WriteFile(script, []byte(imageScript), 0o700); err != nil {
		return "", err
	}
	args := []string{
		"--mode=root", "--variant=minbase", "--format=directory", "--keyring=" + keyring,
		"--include=" + strings.Join(imagePackages[:], ","),
		fmt.Sprintf(`--aptopt=Acquire::http::Proxy "http://%s:%d"`, Gateway, aptPort),
		"--customize-hook=" + script,
		suite, part,
	}
	// In groups of its own, so that it ends with the lab whatever becomes of this process.
	build, err := l.grouped(imageGroup, l.inNetwork("mmdebstrap", append(args, sources...)...))
	if err != nil {
		return "", err
	}
	cmd := exec.Command("sh", "-c", build)
	cmd.Env = append(os.Environ(), "http_proxy=", "https_proxy=", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")
	log, err := os.Create(l.path("log", "mmdebstrap.log"))
	if err != nil {
		return "", err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := runUntil(ctx, cmd); err != nil {
		return "", fmt.Errorf("make the hosts' root file system: mmdebstrap: %w; see %s", err, log.Name())
	}
	if err := os.Rename(part, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	l.logf("root file system made in %s", time.Since(began).Round(time.Second))
	return dir, nil
}

// chooseImage sets the image of bare hosts and removes those that no lab uses, but for
// the one of each release.
func (l *Lab) chooseImage(ctx context.Context, s *shape) error {
	release, err := releaseOf(s.Release)
	if err != nil {
		return err
	}
	image, err := l.image(ctx, release.Codename)
	if err != nil {
		return err
	}
	s.Image = image
	if err := l.save(s); err != nil {
		return err
	}
	shapes, err := filepath.Glob(filepath.Join(stateRoot, "*", "lab.json"))
	if err != nil {
		return err
	}
	var used strings.Builder
	for _, r := range releases() {
		used.WriteString(l.imageOf(r.Codename) + "\n")
	}
	for _, name := range shapes {
		data, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		used.Write(data)
	}
	images, err := filepath.Glob(filepath.Join(l.Cache(), "root-*"))
	if err != nil {
		return err
	}
	for _, dir := range images {
		// What ends in .part another lab may be making just now.
		if !strings.HasSuffix(dir, ".part") && !strings.Contains(used.String(), dir) {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}
