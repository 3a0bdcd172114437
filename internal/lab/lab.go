// Package lab runs throw-away Debian hosts on one Linux machine: real systemd
// and sshd in systemd-nspawn containers, on an overlay over a cached root file
// system, all behind a bridge in a network namespace of its own. Nothing sent to a
// lab address can leave the machine: there is no route out of that namespace, only
// services of the lab that listen inside it.
package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// DefaultName is the lab meant when FOOBAR_LAB is not set.
const DefaultName = "lab"

// Where labs keep what they need on this machine.
const (
	stateRoot = "/var/lib/foobar-lab"
	cacheRoot = "/var/cache/foobar-lab"
)

// DefaultHosts are the hosts of a lab when no others are named.
func DefaultHosts() []string { return []string{"lb1", "web1", "web2", "web3"} }

// Lab is one lab on this machine, up or not.
type Lab struct {
	// Name tells labs apart; every lab has its own namespace, so they share addresses.
	Name string
	// Program is the absolute path of the foobar binary, which serves and dials for the lab.
	Program string
	// Log takes one line of progress at a time.
	Log func(string)
}

// labName bounds what becomes part of a path and of a namespace's name.
var labName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)

// Open returns the lab of that name without touching anything. Progress goes to
// log, a line at a time. The error says what is wrong with the name, or is ErrLinux
// on a system that can have no lab.
func Open(name string, log func(string)) (*Lab, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	if name == "" {
		name = DefaultName
	}
	if !labName.MatchString(name) {
		return nil, fmt.Errorf("lab name %q (from FOOBAR_LAB); use lower-case letters, digits and dashes, at most 32", name)
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the running program: %w", err)
	}
	return &Lab{Name: name, Program: program, Log: log}, nil
}

func (l *Lab) logf(format string, args ...any) {
	if l.Log != nil {
		l.Log(fmt.Sprintf(format, args...))
	}
}

// State is the lab's folder; it goes when the lab does.
func (l *Lab) State() string { return filepath.Join(stateRoot, l.Name) }

func (l *Lab) path(elem ...string) string {
	return filepath.Join(append([]string{l.State()}, elem...)...)
}

// Cache is what all labs of this machine share and keep: root file system,
// packages, built programs.
func (l *Lab) Cache() string { return cacheRoot }

// netns is the name of the lab's network namespace.
func (l *Lab) netns() string { return "foobar-" + l.Name }

func (l *Lab) netnsPath() string { return "/run/netns/" + l.netns() }

// shape is what a running lab consists of, kept in its state folder.
type shape struct {
	Hosts []Host `json:"hosts"`
	// Image is the root file system below the hosts' disks.
	Image string `json:"image,omitempty"`
	// Engine is the database of the hosts' package sources.
	Engine string `json:"engine,omitempty"`
	// Release is the codename of the hosts' Debian release.
	Release string `json:"release,omitempty"`
	// Collector is the collector's package, empty when there is none.
	Collector string `json:"collector,omitempty"`
	// App is the demo application's folder, empty when there is none.
	App string `json:"app,omitempty"`
	// Repositories are further package hosts that the cache may ask.
	Repositories []string `json:"repositories,omitempty"`
	// Owner is the process with which the lab ends; nil for one that stays.
	Owner *process `json:"owner,omitempty"`
}

// errNotUp is what is wrong with a lab that has no shape.
var errNotUp = errors.New("is not up")

// load reads the shape of the lab.
func (l *Lab) load() (*shape, error) {
	data, err := os.ReadFile(l.path("lab.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lab %q %w; start it with: %s", l.Name, errNotUp, l.Command("up"))
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, ErrRoot
	}
	if err != nil {
		return nil, err
	}
	s := new(shape)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%s: %w; start again with: %s", l.path("lab.json"), err, l.Command("up"))
	}
	return s, nil
}

func (l *Lab) save(s *shape) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(l.path("lab.json"), append(data, '\n'), 0o600)
}

// Command is what a person types for a verb of this lab.
func (l *Lab) Command(verb string) string {
	text := "foobar lab " + verb
	if l.Name != DefaultName {
		text = "FOOBAR_LAB=" + l.Name + " " + text
	}
	return text
}

// Hosts are the hosts of the lab, up or powered off.
func (l *Lab) Hosts() ([]Host, error) {
	s, err := l.load()
	if err != nil {
		return nil, err
	}
	return s.Hosts, nil
}

// Host finds a host by name or by address. The error lists the names there are.
func (l *Lab) Host(name string) (Host, error) {
	hosts, err := l.Hosts()
	if err != nil {
		return Host{}, err
	}
	addr, _ := netip.ParseAddr(name)
	names := make([]string, len(hosts))
	for i, h := range hosts {
		if h.Name == name || h.V4 == addr || h.V6 == addr {
			return h, nil
		}
		names[i] = h.Name
	}
	return Host{}, fmt.Errorf("lab %q has no host %q; it has: %s", l.Name, name, strings.Join(names, ", "))
}

// lock keeps two commands from changing one lab at once. It dies with the process.
func (l *Lab) lock() (unlock func(), err error) {
	f, err := os.OpenFile("/run/lock/foobar-lab-"+l.Name+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		l.logf("waiting for another foobar lab command on lab %q to end", l.Name)
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			f.Close()
			return nil, fmt.Errorf("lock lab %q: %w", l.Name, err)
		}
	}
	return func() { f.Close() }, nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(name string, data []byte, mode fs.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
