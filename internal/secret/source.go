package secret

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"foobar/internal/fault"
)

// Bounds of what a source may give.
const (
	maxLength   = 64 << 10 // bytes
	commandTime = 30 * time.Second
)

// Source says where a secret comes from; exactly one of its fields is set.
type Source struct {
	// Env is the name of an environment variable.
	Env string
	// File is a file that its owner alone can read.
	File string
	// Command is a program and its arguments, run without a shell; what it
	// writes on its standard output is the secret. It runs in Dir, or where this
	// program does.
	Command []string
	Dir     string
}

// Read fetches a secret and takes one line end off it. It fails when there is
// nothing, when it is longer than 64 KiB or holds a NUL byte, when others can
// read the file, and when the command takes longer than 30 s or fails. No error
// holds any of the secret; a command's standard error goes to this program's.
func Read(ctx context.Context, s Source) (String, error) {
	raw, from, err := s.read(ctx)
	if err != nil {
		return String{}, err
	}
	raw = bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte("\n")), []byte("\r"))
	switch {
	case len(raw) == 0:
		return String{}, fault.Wrap(fault.SecretBad, fmt.Errorf("%s is empty; put the secret there", from))
	case len(raw) > maxLength:
		return String{}, fault.Wrap(fault.SecretBad, fmt.Errorf("%s holds more than %d KiB, which is not a secret; name the right one", from, maxLength>>10))
	case bytes.IndexByte(raw, 0) >= 0:
		return String{}, fault.Wrap(fault.SecretBad, fmt.Errorf("%s holds a NUL byte, which no program could be given; name a text file", from))
	}
	return String{bytes.Clone(raw)}, nil
}

// read gives at most maxLength bytes and a line end, and what messages call the
// source.
func (s Source) read(ctx context.Context) ([]byte, string, error) {
	set := 0
	for _, given := range []bool{s.Env != "", s.File != "", len(s.Command) > 0} {
		if given {
			set++
		}
	}
	if set != 1 {
		return nil, "", fmt.Errorf("a secret has %d sources; give one of env, file and command", set)
	}
	switch {
	case s.Env != "":
		from := "the environment variable " + s.Env
		value, ok := os.LookupEnv(s.Env)
		if !ok {
			return nil, from, fault.Wrap(fault.EnvUnset, fmt.Errorf("%s is not set; set it with: export %s=…", from, s.Env))
		}
		return []byte(value), from, nil
	case s.File != "":
		raw, err := readPrivate(s.File)
		return raw, s.File, err
	}
	raw, err := run(ctx, s.Command, s.Dir)
	return raw, "the output of " + s.Command[0], err
}

// readPrivate reads a file that nobody but its owner can read.
func readPrivate(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not block
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(fault.SecretMissing, fmt.Errorf("%w; write the secret to it, with mode 0600", err))
	}
	if err != nil {
		return nil, fault.Wrap(fault.SecretMissing, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fault.Wrap(fault.SecretMissing, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Wrap(fault.SecretMissing, fmt.Errorf("%s is not a file; put the secret in one", path))
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fault.Wrap(fault.SecretOpen, fmt.Errorf("%s has the mode %04o, so other users can read the secret; close it with chmod 600, and consider replacing the secret", path, mode))
	}
	return io.ReadAll(io.LimitReader(file, maxLength+3))
}

// bounded keeps what is written to it, and fails when that gets too long. It
// does not embed its buffer: io.Copy would find ReadFrom and go around Write.
type bounded struct {
	kept []byte
	full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.kept)+len(p) > maxLength+2 {
		b.full = true
		return 0, io.ErrShortWrite
	}
	b.kept = append(b.kept, p...)
	return len(p), nil
}

// run runs a command in a folder. Errors name the program alone: arguments may tell more.
func run(ctx context.Context, command []string, dir string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	var out bounded
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, os.Stderr
	typed, _ := os.Readlink("/proc/self/fd/0") // "" on systems without /proc
	cmd.Env = withTerminal(cmd.Environ(), typed)
	cmd.WaitDelay = time.Second // for what it left behind that holds its output open
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fault.Wrap(fault.CommandSlow, fmt.Errorf("%s gave no secret within %s; try it by hand, it may wait for an answer", command[0], commandTime))
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s was interrupted: %w", command[0], ctx.Err())
	case out.full: // the command itself may have died of a broken pipe
		return nil, fault.Wrap(fault.SecretBad, fmt.Errorf("%s wrote more than %d KiB, which is not a secret; name the right command", command[0], maxLength>>10))
	case errors.As(err, &exit):
		return nil, fault.Wrap(fault.CommandFailed, fmt.Errorf("%s failed: %s; try it by hand", command[0], exit.ProcessState))
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return nil, fault.Wrap(fault.CommandFailed, &missing{command[0], err})
	case err != nil:
		return nil, fault.Wrap(fault.CommandFailed, fmt.Errorf("%s could not be run: %w; correct the command", command[0], err))
	}
	return out.kept, nil
}

// withTerminal tells GnuPG, and what is made of it (pass, sops), the terminal at which to
// ask for a passphrase. Without GPG_TTY it takes the one of its standard input, and that
// is not given away: other questions are read from it.
func withTerminal(env []string, typed string) []string {
	set := slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "GPG_TTY=") })
	if set || !strings.HasPrefix(typed, "/dev/pts/") && !strings.HasPrefix(typed, "/dev/tty") {
		return env
	}
	return append(env, "GPG_TTY="+typed)
}

// missing is a program that is not there.
type missing struct {
	program string
	err     error
}

// Error says what to do about it.
func (m *missing) Error() string {
	return "there is no program " + m.program + " on this machine; install it, or correct the command"
}

// Unwrap gives the cause.
func (m *missing) Unwrap() error { return m.err }

// LoadMaster reads the master secret from a file: base64 of at least 32 random
// bytes, readable by its owner alone. An error that is fs.ErrNotExist says that there
// is no file. See NewMaster for generation and site.
func LoadMaster(path string, generation int, site Site) (*Master, error) {
	raw, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(fault.MasterMissing, fmt.Errorf("the master secret %s is not there (%w); restore it from its copy, or deploy to make a new one", path, fs.ErrNotExist))
	}
	if err != nil {
		return nil, fault.Or(fault.LocalFile, fmt.Errorf("the master secret: %w", err))
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil {
		return nil, fault.Wrap(fault.MasterDamaged, fmt.Errorf("the master secret %s is damaged: it is not base64; restore it from its copy", path))
	}
	m, err := NewMaster(key, generation, site)
	if err != nil {
		return nil, fault.Wrap(fault.MasterDamaged, fmt.Errorf("%s: %w; restore it from its copy", path, err))
	}
	return m, nil
}

// FreshMaster makes a new master secret, which is in no file until Keep puts it there.
func FreshMaster(generation int, site Site) (*Master, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return NewMaster(key, generation, site)
}

// Keep writes the secret into a file of its own, as LoadMaster reads it, and keeps no
// half of it. Where there is a file by now, it is left alone, and the error is
// fs.ErrExist.
func (m *Master) Keep(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(m.key) + "\n")
	err = errors.Join(err, file.Sync(), file.Close(), syncFolder(filepath.Dir(path)))
	if err == nil { // a file system without modes would show it to all, and the next run would refuse it
		_, err = readPrivate(path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// syncFolder makes a new name in a folder outlast a power cut: a site whose
// master secret is lost has lost its passwords.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
