package inventory

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// argument of a function that makes the app, as gunicorn reads it: a text, a number, a word.
const argument = `([A-Za-z_][A-Za-z0-9_]*=)?('[^'"\\%$]*'|"[^'"\\%$]*"|-?(0|[1-9][0-9]*)(\.[0-9]+)?|True|False|None)`

// Forms of single values. They are stricter than the programs that read them:
// each value ends up in the configuration of one.
var (
	siteName   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	hostName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`) // and each label of a domain
	sshAlias   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	login      = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@\\-]*\$?$`)
	jumpHop    = regexp.MustCompile(`^(ssh://)?([A-Za-z0-9_][A-Za-z0-9._-]*@)?([A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)
	urlPath    = regexp.MustCompile(`^/[A-Za-z0-9._~/-]*$`)
	entrypoint = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*(\((` + argument + `(, ?` + argument + `)*)?\))?$`)
	envName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	debianName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]*[a-z0-9+.]$`) // apt takes a last "-" for "remove"
	schemaName = regexp.MustCompile(`^[a-z0-9_]{1,48}$`)
	fieldName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
	sha256Form = regexp.MustCompile(`^[0-9A-Fa-f]{64}$`)
	headerForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)
	staticForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/-]*$`)
)

func matches(form *regexp.Regexp, problem string) check {
	return func(s string) error {
		if form.MatchString(s) {
			return nil
		}
		if meant, ok := nearly(form, s); ok {
			what, _, _ := strings.Cut(problem, "; ")
			return fmt.Errorf("%q %s; write %s", s, what, meant)
		}
		return fmt.Errorf("%q %s", s, problem)
	}
}

// only is matches where a spelling that would fit says nothing about what was meant.
func only(form *regexp.Regexp, problem string) check {
	return func(s string) error {
		if !form.MatchString(s) {
			return fmt.Errorf("%q %s", s, problem)
		}
		return nil
	}
}

func notEmpty(s string) error {
	if s == "" {
		return errors.New("it is empty; write a value, or remove the line")
	}
	return nil
}

func oneOf(words ...string) check {
	return func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("%q is not known; %s", s, DidYouMean(s, words, "it can be"))
		}
		return nil
	}
}

// domainName accepts a name that a public certificate can carry.
func domainName(s string) error {
	labels := strings.Split(s, ".")
	_, ipErr := netip.ParseAddr(s)
	bare, _, port := strings.Cut(s, ":")
	switch {
	case s == "":
		return errors.New("it is empty; write the name under which people reach the site, such as www.example.com")
	case strings.Contains(s, "://"):
		return fmt.Errorf("%q is a URL; write only the name, such as www.example.com", s)
	case strings.HasPrefix(s, "*."):
		return fmt.Errorf("%q is a wildcard, for which a certificate authority cannot ask over HTTP; write each name in site.aliases", s)
	case ipErr == nil:
		return fmt.Errorf("%q is an address; write the name under which people reach the site", s)
	case port && domainName(bare) == nil:
		return fmt.Errorf("%q has a port, and the site is always served on 443; write %s", s, bare)
	case strings.Contains(s, "@"):
		return fmt.Errorf("%q is an e-mail address; write only the name of the site, such as www.example.com", s)
	case unfilled.MatchString(s):
		return fmt.Errorf("%q is a placeholder, which foobar does not fill in; write the name itself", s)
	case strings.ContainsRune(s, '/') && domainName(s[:strings.IndexByte(s, '/')]) == nil:
		return fmt.Errorf("%q has a path; write only the name: %s", s, s[:strings.IndexByte(s, '/')])
	case several(s):
		return fmt.Errorf("%q is more than one name; write one here, and the others into the list site.aliases", s)
	case strings.TrimSpace(s) != s:
		return fmt.Errorf("%q begins or ends with a space; write %q", s, strings.TrimSpace(s))
	case s != strings.ToLower(s):
		return fmt.Errorf("%q has capital letters; write %s", s, strings.ToLower(s))
	case len(labels) < 2:
		return fmt.Errorf("%q is not a full domain name; write one such as www.example.com", s)
	case strings.HasSuffix(s, "."):
		return fmt.Errorf("%q ends in a dot; write it without", s)
	case strings.ContainsFunc(s, func(r rune) bool { return r > 127 }):
		return fmt.Errorf("%q has letters beyond a-z; write it in its ASCII form (xn--…)", s)
	case len(s) > 253:
		return fmt.Errorf("the name has %d characters; a domain name has at most 253", len(s))
	}
	for _, l := range labels {
		if rule := labelRule(l); rule != "" {
			return fmt.Errorf("%q is not a domain name: %s", s, rule)
		}
	}
	if strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return fmt.Errorf("%q does not end in a top-level domain; write a full domain name", s)
	}
	return nil
}

// several reports whether a text is more than one domain name.
func several(s string) bool {
	list := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
	return len(list) > 1 && !slices.ContainsFunc(list, func(one string) bool { return domainName(one) != nil })
}

// labelRule is the rule that a label of a domain name breaks, "" when it breaks none.
// Source: RFC 1123, 2.1.
func labelRule(l string) string {
	switch {
	case l == "":
		return "two dots follow each other, or it begins with one; remove one"
	case len(l) > 63:
		return fmt.Sprintf("%s… has %d characters between dots; at most 63 are allowed", l[:8], len(l))
	case l[0] == '-':
		return l + " begins with a dash; begin with a letter or a digit"
	case l[len(l)-1] == '-':
		return l + " ends with a dash; end with a letter or a digit"
	case hostName.MatchString(l):
		return ""
	case strings.Trim(strings.ToLower(l), "abcdefghijklmnopqrstuvwxyz0123456789-_ ") == "" && hostName.MatchString(dashes(l)):
		return l + " has other characters than a-z, 0-9 and dashes; write " + dashes(l)
	}
	return l + " has other characters than a-z, 0-9 and dashes; remove them"
}

// dashes is a label with dashes for what may not be in one.
func dashes(l string) string {
	return strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(l))
}

// shortName accepts the name of a host in the inventory, which is the first label of a
// name that the hosts know each other by.
func shortName(s string) error {
	switch low := strings.ToLower(s); {
	case s == "":
		return errors.New("the host has no name; write one such as [hosts.web1]")
	case slices.Contains([]string{"localhost", "ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters", "ip6-allhosts"}, s): // in Debian's /etc/hosts
		return fmt.Errorf("%s is a name that every host has for itself or its network; choose another one, such as web1", s)
	case strings.ContainsRune(s, '.'):
		short, _, _ := strings.Cut(low, ".")
		return fmt.Errorf("%q has dots, and a host's name is one word; write [hosts.%s], and in it address = %q", s, short, s)
	case s != low && labelRule(low) == "":
		return fmt.Errorf("%q has capital letters; write [hosts.%s]", s, low)
	case labelRule(s) != "":
		return errors.New(strings.ReplaceAll(labelRule(s), " between dots", ""))
	}
	return nil
}

func emailAddress(s string) error {
	if strings.ContainsFunc(s, func(r rune) bool { return r > 127 }) {
		return fmt.Errorf("%q has other letters than a-z, which certificate authorities and mail servers refuse; write an address without", s)
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return fmt.Errorf("%q is not one e-mail address; write one such as ops@example.com", s)
	}
	_, domain, _ := strings.Cut(s, "@")
	if domainName(strings.ToLower(domain)) != nil || strings.ContainsAny(s, " \"'\\$`<>") {
		return fmt.Errorf("%q is not a plain e-mail address; write one such as ops@example.com", s)
	}
	return nil
}

// privateAddress accepts an address on which other hosts can reach a host.
func privateAddress(s string) error {
	a, err := parseAddr(s)
	before, _, network := strings.Cut(s, "/")
	switch {
	case network && isAddress(before):
		return fmt.Errorf("%q is a network; write the host's address in it: %s", s, before)
	case len(addressList(s)) > 1:
		return fmt.Errorf("%q is more than one address; write a list of them", s)
	case err != nil:
		return err
	case PublicResolver(a):
		return fmt.Errorf("%s is a public DNS service, not a server of yours; write the server's own address", s)
	case a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast():
		return fmt.Errorf("other hosts cannot reach %s; write an address of the network that the hosts share", s)
	}
	return nil
}

func jumpHosts(s string) error {
	for hop := range strings.SplitSeq(s, ",") {
		m := jumpHop.FindStringSubmatch(hop)
		switch user, host, at := strings.Cut(hop, "@"); {
		case s == "":
		case hop == "":
			return fmt.Errorf("%q has a comma too many; remove it", s)
		case m == nil && at && isAddress(host):
			return fmt.Errorf("%q is an IPv6 address without brackets; write %s@[%s]", hop, user, host)
		case m == nil && isAddress(hop):
			return fmt.Errorf("%q is an IPv6 address without brackets; write [%s]", hop, hop)
		case m != nil && m[4] != "" && !isPort(m[4][1:]):
			return fmt.Errorf("%q has a port that is not one; write a number from 1 to 65535", hop)
		case m == nil:
			return fmt.Errorf("%q is not a jump host; write [user@]host[:port], separated by commas if there are several", hop)
		}
	}
	return nil
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// webURL accepts an absolute URL without user, query and fragment.
func webURL(schemes ...string) check {
	return func(s string) error {
		u, err := url.Parse(s)
		switch {
		case err == nil && u.User != nil: // not shown: it may be a password
			return errors.New("there is a user or password in the URL; remove it")
		case !strings.Contains(s, "://") && domainName(strings.SplitN(s, "/", 2)[0]) == nil:
			return fmt.Errorf("%q does not begin with %s://; write %s://%s", s, schemes[0], schemes[0], s)
		case err != nil || u.Hostname() == "" || strings.ContainsAny(s, " \"'`\\<>{}$"):
			return fmt.Errorf("%q is not a URL; write one such as %s://example.com", s, schemes[0])
		case u.Port() != "" && !isPort(u.Port()):
			return fmt.Errorf("%q has a port that is not one; write a number from 1 to 65535", s)
		case !slices.Contains(schemes, u.Scheme):
			return fmt.Errorf("%q does not begin with %s://; write a URL that does", s, strings.Join(schemes, ":// or "))
		case u.RawQuery != "" || u.Fragment != "":
			return fmt.Errorf("%q has a query or a fragment; remove it", s)
		}
		return nil
	}
}

func staticFolder(s string) error {
	switch {
	case s == "":
	case !filepath.IsLocal(s):
		return fmt.Errorf("%q is not inside app.source; write a folder of app.source, such as static", s)
	case !staticForm.MatchString(s):
		return fmt.Errorf("%q has characters that a path here may not have; use letters, digits, dots, dashes and _", s)
	}
	return nil
}

// ownEnvironment are variables that foobar sets: where an app reads and writes, and
// which site, host and release it is. DATABASE_URL is a default, which an app may set.
var ownEnvironment = []string{"DATABASE_WRITE_URL", "DATABASE_WRITE_URLS", "DATABASE_READ_URLS", "DATABASE_READ_FALLBACK", "SITE_HOST", "SITE_NAME", "SITE_DOMAINS", "SITE_RELEASE", "SITE_WORKER"}

// environmentName accepts the name of a variable, and knows it in the forms of shells.
func environmentName(s string) error {
	if bare := strings.NewReplacer("${", "", "}", "", "$", "").Replace(s); bare != s && envName.MatchString(bare) {
		return fmt.Errorf("%q is not the name of an environment variable; write %s", s, bare)
	}
	return matches(envName, "is not the name of an environment variable; use a-z, A-Z, digits and _")(s)
}

// environment accepts the names an app may set.
func environment(s string) error {
	switch {
	case environmentName(s) != nil:
		return environmentName(s)
	case slices.Contains(ownEnvironment, s):
		return fmt.Errorf("%s is set by foobar; choose another name", s)
	}
	return nil
}

// headerName accepts what the web server may set by itself. Source: RFC 9110, 5.1.
func headerName(s string) error {
	switch strings.ToLower(s) {
	case "connection", "content-length", "content-type", "date", "server", "set-cookie", "transfer-encoding", "upgrade":
		return fmt.Errorf("only the web server and the app set %s; choose another header", s)
	case "strict-transport-security":
		return errors.New("tls.hsts switches it on and off; remove it")
	}
	if !headerForm.MatchString(s) {
		return fmt.Errorf("%q is not the name of a header; use letters, digits and dashes", s)
	}
	return nil
}

// headerRoom is how long a header may be as nginx.conf has it: nginx takes 4096 bytes a
// word, with its quotes.
const headerRoom = 4000

// headerValue accepts what nginx can write as it is: it would take $ for a variable.
func headerValue(s string) error {
	if strings.Contains(s, "$") {
		return errors.New("there is a $ in it, which nginx reads as a variable; remove it")
	}
	if n := len(s) + strings.Count(s, `"`) + strings.Count(s, `\`); n > headerRoom { // each is written with a backslash before it
		return fmt.Errorf("it takes %d bytes in nginx's configuration, and nginx takes at most 4096 at a time, of which foobar uses %d; shorten it, or have the app send the header itself", n, headerRoom)
	}
	return nil
}

func ruleComment(s string) error {
	if strings.ContainsAny(s, "'\"\\") {
		return fmt.Errorf("%q has quotes or backslashes, which ufw refuses; remove them", s)
	}
	return nil
}

// aptSource accepts deb822 text: lines, but no other control characters.
func aptSource(s string) error {
	fields := map[string]bool{}
	for line := range strings.Lines(s) {
		if err := printable(strings.TrimRight(line, "\r\n")); err != nil {
			return errors.New("there is a control character in it; remove it")
		}
		name, _, _ := strings.Cut(line, ":")
		fields[name] = true
	}
	for _, name := range []string{"Types", "URIs", "Suites"} {
		if !fields[name] {
			return fmt.Errorf("it is not a deb822 source: the field %s is missing; write Types, URIs, Suites and Components, a line each", name)
		}
	}
	return nil
}
