package remote

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// Cache asks ssh and reads ssh_config and known_hosts once for many hosts, and again
// when they have changed. Without it a site of n hosts, each with its lines in these
// files, reads n times n lines. The zero value is ready for use, from several goroutines too.
type Cache struct {
	mu        sync.Mutex
	configs   map[string]cached[*configFile]
	known     map[string]cached[*knownFile]
	taken     map[string]knownLine
	programs  map[string]cached[string]
	questions map[string]*question
	warned    map[string]bool
}

// cached is what was read from files when they were in a state.
type cached[T any] struct {
	state string
	value T
}

// state tells whether files have changed. A key that was accepted makes known_hosts
// longer.
func state(paths []string) string {
	var b strings.Builder
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", p, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// config is an ssh_config file.
func (c *Cache) config(path string) (*configFile, error) {
	read := func() (*configFile, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return parseConfig(data), nil
	}
	if c == nil {
		return read()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.configs == nil {
		c.configs = map[string]cached[*configFile]{}
	}
	return once(c.configs, []string{path}, read)
}

// knownFile is a known_hosts file.
func (c *Cache) knownFile(path string) (*knownFile, error) {
	read := func() (*knownFile, error) { return readKnownFile(path) }
	if c == nil {
		return read()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]cached[*knownFile]{}
	}
	return once(c.known, []string{path}, read)
}

// accept remembers for this run that a key was accepted for a name: the file that it
// is written to may forget it, as /dev/null does.
func (c *Cache) accept(name string, key ssh.PublicKey) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.taken == nil {
		c.taken = map[string]knownLine{}
	}
	c.taken[name] = knownLine{where: "what this run accepted before", names: name, key: key}
}

// accepted is the line for what accept was told of a name, if it was.
func (c *Cache) accepted(name string) []knownLine {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.taken[name]; ok {
		return []knownLine{l}
	}
	return nil
}

// once reads files that were not read before in the state they are in.
func once[T any](known map[string]cached[T], paths []string, read func() (T, error)) (T, error) {
	now, name := state(paths), strings.Join(paths, "\n")
	if old, ok := known[name]; ok && old.state == now {
		return old.value, nil
	}
	value, err := read()
	if err == nil {
		known[name] = cached[T]{now, value}
	}
	return value, err
}

// news reports whether a warning is new.
func (c *Cache) news(text string) bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.warned[text] {
		return false
	}
	if c.warned == nil {
		c.warned = map[string]bool{}
	}
	c.warned[text] = true
	return true
}
