package remote

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// systemConfig is the machine's own file.
const systemConfig = "/etc/ssh/ssh_config"

// mostIncludes is how deep files may include each other, as in OpenSSH.
const mostIncludes = 16

// readConfig reads ssh_config without the help of ssh. What stands below a Match
// applies to nobody: whether it would cannot be told. The same holds for what
// stands below a line that begins a section and cannot be read.
func readConfig(o Options) (*config, error) {
	r := &reader{o: o, config: &config{values: map[string][]string{}}}
	for _, path := range configFiles(o, userHome()) {
		if info, err := os.Stat(path); err == nil && o.ConfigFile == "" && path != systemConfig && info.Mode().Perm()&0o022 != 0 {
			return nil, fmt.Errorf("bad permissions on %s: others may write to it", path)
		}
		err := r.file(path, path == systemConfig, 0)
		if err != nil && (o.ConfigFile != "" || !errors.Is(err, fs.ErrNotExist)) {
			return nil, err
		}
	}
	return r.config, nil
}

// reader collects what applies to one host.
type reader struct {
	o      Options
	config *config
}

// file takes over what a file says of the host.
func (r *reader) file(path string, system bool, depth int) error {
	if depth > mostIncludes {
		return fmt.Errorf("%s is included more than %d deep: files include each other", path, mostIncludes)
	}
	f, err := r.o.Cache.config(path)
	if err != nil {
		return err
	}
	applies := true
	for _, l := range f.lines {
		switch {
		case l.key == "match":
			applies = false
			r.o.warn("%s:%d: a Match needs the ssh program, which is not on this machine: what is below it is ignored; install openssh-client", path, l.number)
		case l.why != "":
			applies = applies && l.key != "host"
			r.o.warn("%s:%d is ignored: %s", path, l.number, l.why)
		case l.host != nil:
			applies = l.host.Matches(r.o.Address)
		case !applies:
		case l.key == "include":
			if err := r.include(l.value, system, depth+1); err != nil {
				return err
			}
		default:
			r.config.values[l.key] = append(r.config.values[l.key], l.value)
		}
	}
	return nil
}

// include takes over files by their patterns, which start at ~/.ssh or /etc/ssh.
func (r *reader) include(patterns string, system bool, depth int) error {
	list, _ := words(patterns)
	for _, p := range list {
		switch p = tilde(p, userHome()); {
		case filepath.IsAbs(p):
		case system:
			p = filepath.Join(filepath.Dir(systemConfig), p)
		default:
			p = filepath.Join(userHome(), ".ssh", p)
		}
		found, err := filepath.Glob(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		for _, path := range found {
			if err := r.file(path, system, depth); err != nil {
				return err
			}
		}
	}
	return nil
}
