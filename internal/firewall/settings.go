package firewall

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/resource"
)

// setting is a line of ufw's own configuration that stays as it was before foobar: what
// is forwarded for others, what the kernel shall load and set, and what is logged. All
// others (on or off, IPv6, what comes in and goes out) are foobar's.
type setting struct {
	path, key string
	values    []string       // all that ufw knows
	pattern   *regexp.Regexp // or what they look like
}

func settings() []setting {
	return []setting{
		{ufwDefaults, "DEFAULT_FORWARD_POLICY", []string{"ACCEPT", "DROP", "REJECT"}, nil},
		{ufwDefaults, "IPT_SYSCTL", nil, aPath},
		{ufwDefaults, "IPT_MODULES", nil, words},
		{ufwConf, "LOGLEVEL", []string{"off", "low", "medium", "high", "full"}, nil},
	}
}

var (
	aPath = regexp.MustCompile(`^[\w./-]+$`)
	words = regexp.MustCompile(`^[\w -]*$`)
)

// mostValue bounds a value that stays, in bytes.
const mostValue = 500

func (s setting) holds(value string) bool {
	return slices.Contains(s.values, value) || s.pattern != nil && len(value) <= mostValue && s.pattern.MatchString(value)
}

func (s setting) line(value string) string { return s.key + `="` + value + `"` }

// stays is the value that a setting has or, where somebody has changed it since, that
// the ledger names, if that is one which stays.
func (s setting) stays(value string, strange func(string) bool) (string, bool) {
	name := func(v string) string { return s.path + ": " + s.line(v) }
	if s.holds(value) && !strange(name(value)) {
		return value, true
	}
	for _, v := range s.values {
		if strange("") && !strange(name(v)) {
			return v, true
		}
	}
	return "", false
}

var assignment = regexp.MustCompile(`^\s*(?:export\s+)?([A-Z0-9_]+)=(?:"([^"]*)"|'([^']*)'|([^\s#;]*))`)

// assigned are the settings of such a file, which the shell reads: the last one counts.
func assigned(text string) map[string]string {
	set := map[string]string{}
	for line := range strings.Lines(text) {
		if m := assignment.FindStringSubmatch(line); m != nil {
			set[m[1]] = m[2] + m[3] + m[4]
		}
	}
	return set
}

// settle writes the settings that stay into foobar's own text of a file, and names them.
func settle(path, own, seen string, purge bool, strange func(string) bool) (text string, stay []string) {
	is, want := assigned(seen), assigned(own)
	for _, s := range settings() {
		value, there := is[s.key]
		if s.path != path || purge || there && value == want[s.key] && !strange("") {
			continue
		}
		if value, ok := s.stays(value, strange); ok && value != want[s.key] {
			own = regexp.MustCompile(`(?m)^`+s.key+`=.*$`).ReplaceAllLiteralString(own, s.line(value))
			stay = append(stay, path+": "+s.line(value))
		}
	}
	return own, stay
}

// differences are the settings that change, where those of both texts are known.
func (f file) differences() []resource.Field {
	is, want := assigned(f.seen), assigned(f.content)
	var fields []resource.Field
	for line := range strings.Lines(f.content) {
		if m := assignment.FindStringSubmatch(line); m != nil && is[m[1]] != want[m[1]] {
			fields = append(fields, resource.Field{Name: m[1] + " in " + f.path, Old: cmp.Or(is[m[1]], "not set"), New: want[m[1]]})
		}
	}
	return fields
}

// logs are the lines of user.rules that log, as ufw writes them for a level and the
// policy of what is forwarded. Source: ufw 0.36.2, backend_iptables.py,
// _get_logging_rules.
func (f family) logs(level, forward string) string {
	rank := slices.Index([]string{"off", "low", "medium", "high", "full"}, level)
	var b strings.Builder
	add := func(op, chain, what string) { b.WriteString(op + " " + f.prefix + "-" + chain + " " + what + "\n") }
	const log = `-j LOG --log-prefix "[UFW `
	ways := []string{"input", "output", "forward"}
	if rank == 0 {
		for _, way := range ways {
			add("-I", "user-logging-"+way, "-j RETURN")
		}
		return b.String()
	}
	often := ""
	if rank < 3 {
		often = " -m limit --limit 3/min --limit-burst 10"
	}
	for _, way := range ways {
		if closed := way == "input" || way == "forward" && forward != "ACCEPT"; closed {
			add("-A", "after-logging-"+way, log+`BLOCK] "`+often)
		} else if rank >= 2 {
			add("-A", "after-logging-"+way, log+`ALLOW] "`+often)
		}
	}
	if rank < 2 {
		add("-I", "logging-deny", "-m conntrack --ctstate INVALID -j RETURN"+often)
	} else {
		add("-A", "logging-deny", "-m conntrack --ctstate INVALID "+log+`AUDIT INVALID] "`+often)
	}
	add("-A", "logging-deny", log+`BLOCK] "`+often)
	add("-A", "logging-allow", log+`ALLOW] "`+often)
	audit := map[int]string{2: " -m conntrack --ctstate NEW -m limit --limit 3/min --limit-burst 10", 3: " -m limit --limit 3/min --limit-burst 10"}
	for _, way := range ways {
		if rank >= 2 {
			add("-I", "before-logging-"+way, log+`AUDIT] "`+audit[rank])
		}
	}
	return b.String()
}
