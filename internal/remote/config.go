package remote

import (
	"context"
	"strings"
)

// config is what ssh_config says about one host: keywords in lower case, with their
// values in the order in which they count. It is empty where none is read.
type config struct {
	values map[string][]string // as they stand in the file or were printed
	// whole says that ssh itself was asked: every default is there, HostName is the
	// name that is dialed, and known_hosts files and the agent's socket are expanded.
	whole bool
	// defaultKeys says that IdentityFile is what ssh tries where nobody named a key.
	defaultKeys bool
}

// get is the value of a keyword, the first where there are several; empty where
// nobody said anything.
func (c *config) get(key string) string {
	if all := c.all(key); len(all) > 0 {
		return all[0]
	}
	return ""
}

// all is every value of a keyword that may be repeated.
func (c *config) all(key string) []string {
	if c.whole || isCommand(key) {
		return c.values[key]
	}
	var out []string
	for _, v := range c.values[key] {
		list, _ := words(v)
		out = append(out, list[0])
	}
	return out
}

// words is a value of several words; ssh -G prints no quotes.
func (c *config) words(key string) []string {
	all := c.values[key]
	switch {
	case len(all) == 0:
		return nil
	case c.whole:
		return strings.Fields(all[0])
	}
	list, _ := words(all[0])
	return list
}

// set is a value that "none" takes back.
func (c *config) set(key string) string {
	if v := c.get(key); !strings.EqualFold(v, "none") {
		return v
	}
	return ""
}

// is reports whether a keyword has one of the words as its value.
func (c *config) is(key string, words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(c.get(key), w) {
			return true
		}
	}
	return false
}

// no reports whether a flag is off; ssh -G prints "false" for some of them.
func (c *config) no(key string) bool { return c.is(key, "no", "false") }

// yes reports whether a flag is on.
func (c *config) yes(key string) bool { return c.is(key, "yes", "true") }

// list is a value with commas in it. A change to ssh's default (+, -, ^) cannot be
// told where ssh has not worked it out: that is nothing said, then.
func (c *config) list(key string) []string {
	v := c.set(key)
	if v == "" || strings.ContainsAny(v[:1], "+-^") {
		return nil
	}
	return strings.Split(v, ",")
}

// files is a list of file names. ssh -G prints them without quotes, so that a word
// that begins no path belongs to the one before it.
func (c *config) files(key string) []string {
	if !c.whole {
		return c.words(key)
	}
	var out []string
	for _, word := range strings.Split(c.get(key), " ") {
		switch {
		case word == "" && len(out) == 0:
		case len(out) > 0 && (word == "" || !strings.ContainsAny(word[:1], "/~%$") && !strings.EqualFold(word, "none")):
			out[len(out)-1] += " " + word
		default:
			out = append(out, word)
		}
	}
	return out
}

// configOf reads what ssh_config says about a host: with ssh -G where the program is
// there, and else as far as it can be understood without it.
func configOf(ctx context.Context, o Options) (*config, error) {
	if o.NoConfig {
		return &config{}, nil
	}
	if program := o.Cache.openSSH(ctx); program != "" {
		return o.Cache.ask(ctx, program, o)
	}
	return readConfig(o)
}

// Foresee works out what ssh says of a host, so that a Dial with the same Cache finds it
// known. What goes wrong Dial will find, too.
func Foresee(ctx context.Context, o Options) { _, _ = configOf(ctx, o) }
