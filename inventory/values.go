package inventory

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
)

const day = 24 * time.Hour

// ParseDuration reads "10s", "1m30s", "7d" or "2w". Its error says how to write one.
func ParseDuration(s string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if digits, ok := strings.CutSuffix(s, suffix); ok {
			n, err := strconv.ParseUint(digits, 10, 16)
			if err != nil {
				return 0, nearlyDuration(s)
			}
			return time.Duration(n) * unit, nil
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, nearlyDuration(s)
	}
	return d, nil
}

// showDuration is the shortest form that ParseDuration reads.
func showDuration(d time.Duration) string {
	switch {
	case d >= day && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

var sizeForm = regexp.MustCompile(`^([0-9]{1,15}) ?([KMGT]iB|B)$`)

// shift is by how many bits a unit ("KiB") shifts a number of bytes.
func shift(unit string) uint { return 10 * uint(1+strings.Index("KMGT", unit[:1])) }

// parseSize reads "16MiB", "512KiB" or "100B" as bytes.
func parseSize(s string) (int64, error) {
	m := sizeForm.FindStringSubmatch(s)
	if m == nil {
		return 0, nearlySize(s)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	by := shift(m[2])
	if m[2] == "B" {
		by = 0
	}
	if err != nil || n<<by>>by != n {
		return 0, fmt.Errorf("%s is more than can be counted; write a smaller size", s)
	}
	return n << by, nil
}

func showSize(n int64) string {
	for _, unit := range []string{"TiB", "GiB", "MiB", "KiB"} {
		if one := int64(1) << shift(unit); n >= one && n%one == 0 {
			return fmt.Sprintf("%d%s", n/one, unit)
		}
	}
	return fmt.Sprintf("%dB", n)
}

// parsePrefix reads a network or a single address.
func parsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := parseAddr(s)
		if err != nil {
			return netip.Prefix{}, nearlyNetwork(s)
		}
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil || p.Addr().Is4In6():
		return netip.Prefix{}, nearlyNetwork(s)
	case p != p.Masked():
		return netip.Prefix{}, fmt.Errorf("%s has bits beyond its length; write %s for the network, or %s for only the address", s, p.Masked(), p.Addr())
	}
	return p, nil
}

// parseAddr reads an address that other hosts can use: without a zone.
func parseAddr(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, fmt.Errorf(`%q is not an IP address; write one such as "10.0.0.11"`, s)
	}
	return a.Unmap(), nil
}

// prefixes reads one network or a list of them.
func (t *table) prefixes(name string, dst *[]netip.Prefix) {
	var texts []string
	t.oneOrMore(name, &texts, func(s string) error { _, err := parsePrefix(s); return err })
	for _, s := range texts {
		p, err := parsePrefix(s)
		if err == nil {
			*dst = append(*dst, p)
		}
	}
}

// PublicResolver reports whether an address belongs to a public DNS service: people
// copy them as placeholders, and a deploy would try to log in there.
func PublicResolver(a netip.Addr) bool {
	switch a.Unmap().String() {
	case "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220",
		"2001:4860:4860::8888", "2001:4860:4860::8844", "2606:4700:4700::1111", "2606:4700:4700::1001", "2620:fe::fe", "2620:fe::9":
		return true
	}
	return false
}

// sources are the ways in which an inventory says where a secret comes from.
const sources = `{ env = "NAME" }, { file = "path" } or { command = ["program", "argument"] }`

// source reads where a secret comes from.
func (t *table) source(name string, dst *Source) bool {
	if v := t.values[name]; v != nil && !isTable(v) {
		t.known = append(t.known, name)
		if _, plain := v.(string); plain {
			t.wrong(name, "an inventory holds no secrets; write where this one comes from: %s", sources)
		} else {
			t.fault(fault.WrongType, name, "this is %s; write where the secret comes from: %s", kind(v), sources)
		}
		return false
	}
	sub := t.sub(name)
	if sub.values == nil {
		return false
	}
	var s Source
	before := len(t.r.errs.List)
	sub.text("env", &s.Env, environmentName)
	if path, ok := sub.resolved("file"); ok {
		s.File = path
	}
	sub.command(&s.Command)
	sub.end()
	if len(sub.values) != 1 && len(t.r.errs.List) == before {
		t.wrong(name, "a secret has exactly one source; write one of env, file and command")
	}
	*dst = s
	return len(t.r.errs.List) == before
}

// command reads a program and its arguments, which may be the same word twice. A
// program named by a relative path counts from the inventory's folder.
func (t *table) command(dst *[]string) {
	wanted := `a list: ["program", "argument"]`
	if line, ok := t.values["command"].(string); ok && line != "" && !strings.ContainsAny(line, "'\"\\|&;<>$`*?") {
		wanted = "a list: " + quoted(strings.Fields(line))
	}
	list, ok := take[[]any](t, "command", wanted)
	if !ok {
		return
	}
	var words []string
	for i, v := range list {
		at := append(t.key("command"), element(i))
		s, ok := v.(string)
		if !ok {
			t.r.fault(fault.WrongType, at, "this is %s; write a string, in quotes", kind(v))
			return
		}
		if !t.pass(at, s, nil) {
			return
		}
		words = append(words, s)
	}
	if len(words) == 0 || words[0] == "" {
		t.wrong("command", `there is no program in it; write ["program", "argument"]`)
		return
	}
	if strings.ContainsAny(words[0], "/") {
		path, err := t.r.resolve(words[0])
		if err != nil {
			t.wrong("command", "%v", err)
			return
		}
		words[0] = path
	}
	*dst = words
}
