package collector

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// assets are the package's files beside the binary: from debian/, to, mode.
var assets = [...]struct {
	from, to string
	mode     os.FileMode
}{
	{"conffiles", "DEBIAN/conffiles", 0o644},
	{"postinst", "DEBIAN/postinst", 0o755},
	{"prerm", "DEBIAN/prerm", 0o755},
	{"postrm", "DEBIAN/postrm", 0o755},
	{"otelcol-sumo.service", "usr/lib/systemd/system/otelcol-sumo.service", 0o644},
	{"otelcol-sumo.sh", "usr/share/otelcol-sumo/otelcol-sumo.sh", 0o755},
	{"sumologic.yaml", "etc/otelcol-sumo/sumologic.yaml", 0o644},
}

// Folders that are empty in the package; only root looks into the second.
const confDir, envDir = "etc/otelcol-sumo/conf.d", "etc/otelcol-sumo/env"

// pack lays the package out under root and makes the archive deb of it.
func pack(ctx context.Context, root, binary, arch, deb string) error {
	for _, dir := range []string{confDir, envDir} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	for _, a := range assets {
		data, err := embedded.ReadFile("debian/" + a.from)
		if err != nil {
			return err
		}
		if err := place(filepath.Join(root, a.to), data, a.mode); err != nil {
			return err
		}
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	if err := place(filepath.Join(root, "usr/local/bin/otelcol-sumo"), program, 0o755); err != nil {
		return err
	}
	control, err := embedded.ReadFile("debian/control")
	if err != nil {
		return err
	}
	text := fmt.Sprintf(string(control), version, arch, len(program)/1024)
	if err := place(filepath.Join(root, "DEBIAN/control"), []byte(text), 0o644); err != nil {
		return err
	}
	if err := openFolders(root); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--root-owner-group", "-Zzstd", "-z9", "--build", root, deb)
	// The same binary makes the same archive: hosts know a package by its digest.
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000")
	_, err = run(cmd)
	return err
}

// openFolders gives every folder its mode, whatever the umask was.
func openFolders(root string) error {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o755)
	})
	if err != nil {
		return err
	}
	return os.Chmod(filepath.Join(root, envDir), 0o750)
}

// place writes a file with its mode, whatever the umask.
func place(path string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}
