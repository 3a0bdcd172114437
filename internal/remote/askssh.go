package remote

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// mostConfig bounds what ssh -G may print, in bytes.
const mostConfig = 1 << 20

// mostPatience is how long ssh may work on its configuration, which may run commands
// (Match exec) and ask name servers, unless ConnectTimeout says otherwise.
const mostPatience = 10 * time.Second

// question is one call of ssh -G. Hosts that lead to the same one, as those behind
// one jump host, wait for the first that asks.
type question struct {
	mu     sync.Mutex
	state  string
	answer *config
}

// ask has ssh say what applies to a host, once for all who share the cache while
// the files on top have not changed.
func (c *Cache) ask(ctx context.Context, program string, o Options) (*config, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type reply struct {
		config *config
		err    error
	}
	usual := make(chan reply, 1)
	go func() {
		said, err := c.answer(ctx, program, []string{"-G", "-T", "-F", "none", "--", "localhost"}, nil, 0)
		usual <- reply{said, err}
	}()
	answer, err := c.answer(ctx, program, questionArgs(o), configFiles(o, sshHome()), o.ConnectTimeout)
	if o.ProxyJump == "" && (err != nil && strings.HasPrefix(err.Error(), loop) || err == nil && answer.loops(o.Address)) {
		o.ProxyJump = "none"
		answer, err = c.answer(ctx, program, questionArgs(o), configFiles(o, sshHome()), o.ConnectTimeout)
	}
	if err != nil {
		return nil, err
	}
	u := <-usual
	if u.err != nil {
		return nil, u.err
	}
	return answer.said(u.config), nil
}

// ThroughItself reports whether, as ssh -G says, a host is reached through itself: it may
// be the jump host that "Host *" has for all. ssh itself notices only where the host has
// no other HostName.
func ThroughItself(host, said string) bool {
	return strings.Contains(said, loop) || parseAnswer(said).loops(host)
}

// loop is how ssh begins what it says of that.
const loop = "jumphost loop"

func (c *config) loops(host string) bool {
	hops := c.get("proxyjump")
	_, last, _ := SplitHop(hops[strings.LastIndexByte(hops, ',')+1:])
	return last != "" && strings.EqualFold(last, strings.Trim(host, "[]"))
}

// said is an answer without the lists of algorithms that are ssh's own: nobody chose
// them, and foobar has others, newer ones among them.
func (c *config) said(usual *config) *config {
	out := &config{values: maps.Clone(c.values), whole: true}
	for _, key := range []string{"ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes"} {
		if slices.Equal(c.values[key], usual.values[key]) {
			delete(out.values, key)
		}
	}
	out.defaultKeys = slices.Equal(c.values["identityfile"], usual.values["identityfile"])
	return out
}

// answer is what ssh prints for arguments, from the cache while files are in the
// state in which they were.
func (c *Cache) answer(ctx context.Context, program string, argv, files []string, patience time.Duration) (*config, error) {
	q := c.question(strings.Join(argv, "\x00"))
	q.mu.Lock()
	defer q.mu.Unlock()
	now := state(append(files, program))
	if q.answer != nil && q.state == now {
		return q.answer, nil
	}
	answer, err := askSSH(ctx, program, argv, patience)
	if err == nil {
		q.state, q.answer = now, answer
	}
	return answer, err
}

func (c *Cache) question(key string) *question {
	if c == nil {
		return &question{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.questions == nil {
		c.questions = map[string]*question{}
	}
	if c.questions[key] == nil {
		c.questions[key] = &question{}
	}
	return c.questions[key]
}

// questionArgs are the arguments of ssh that say of a host what the inventory does:
// Match and the canonical names depend on them.
func questionArgs(o Options) []string {
	argv := []string{"-G", "-T"}
	if o.ConfigFile != "" {
		argv = append(argv, "-F", o.ConfigFile)
	}
	if o.Port != 0 {
		argv = append(argv, "-p", strconv.Itoa(o.Port))
	}
	if o.User != "" {
		argv = append(argv, "-l", o.User)
	}
	switch {
	case o.ProxyCommand != "":
		argv = append(argv, "-o", "ProxyCommand="+o.ProxyCommand)
	case o.ProxyJump != "":
		argv = append(argv, "-o", "ProxyJump="+o.ProxyJump)
	}
	return append(argv, "--", strings.Trim(o.Address, "[]"))
}

// configFiles are those that are read first.
func configFiles(o Options, home string) []string {
	if o.ConfigFile != "" {
		return []string{o.ConfigFile}
	}
	return []string{filepath.Join(home, ".ssh", "config"), systemConfig}
}

// askSSH runs ssh -G, which connects to nothing.
func askSSH(ctx context.Context, program string, argv []string, patience time.Duration) (*config, error) {
	if patience <= 0 {
		patience = mostPatience
	}
	inner, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, said, err := output(inner, program, argv...)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case inner.Err() != nil:
		return nil, fmt.Errorf("ssh -G gave no answer within %s: a Match exec in ssh_config waits for something", patience)
	case err != nil:
		return nil, errors.New(sentence(said, err))
	}
	c := parseAnswer(out)
	if c.get("hostname") == "" || c.get("port") == "" {
		return nil, errors.New("ssh -G names no host and port: " + sentence(said, errors.New("it printed something else")))
	}
	return c, nil
}

// parseAnswer reads what ssh -G prints: a keyword in lower case and its value a line.
func parseAnswer(text string) *config {
	c := &config{values: map[string][]string{}, whole: true}
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " "); ok {
			key = strings.ToLower(key)
			c.values[key] = append(c.values[key], value)
		}
	}
	return c
}

// sentence is what ssh has against its configuration, without the line that only
// counts the others.
func sentence(said string, err error) string {
	var lines []string
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(line, ": terminating, ") {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return err.Error()
	}
	return strings.Join(lines, "; ")
}
