package inventory

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/fault"
)

// Redirect is one [[web.redirect]]: requests for From are answered with the address To.
type Redirect struct {
	// From is a name of the site, a path, or a path with a star at its end, which stands
	// for any rest.
	From string
	// To is a URL, a path of the site or, where From is a name, a name. A star at its end
	// is the rest that From's stands for. The query comes after it, unless To has one.
	To     string
	Status int // 301 (default), 302, 303, 307 or 308
}

// Named reports whether it moves all of a name, and not a path.
func (r Redirect) Named() bool { return !strings.HasPrefix(r.From, "/") }

// Auth is [web.auth]: who wants to see a path must give a name and a password.
type Auth struct {
	// Paths hold all that is below them; default "/".
	Paths []string
	// Users are the passwords by the users' names; without any nothing is asked.
	Users map[string]Source
}

// Forms of single values; each ends up in nginx's configuration, in quotes.
var (
	movedPath = regexp.MustCompile(`^/[A-Za-z0-9._~/!&+,=:@%-]*\*?$`)
	movedTo   = regexp.MustCompile(`^/?[A-Za-z0-9._~/!&+,;=:@%?#()'-]*\*?$`)
	webUser   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@+-]*$`)
)

// redirects reads [[web.redirect]].
func (r *reader) redirects(t *table, inv *Inventory) {
	for i, values := range t.tables("redirect") {
		one := &table{r: r, at: append(t.key("redirect"), element(i)), values: values}
		m := Redirect{Status: 301}
		if !one.has("from") {
			one.wrong("from", `a redirect needs a source; add from = "/old" or a name of the site`)
		}
		if !one.has("to") {
			one.wrong("to", `a redirect needs a target; add to = "/new" or a URL`)
		}
		good := one.text("from", &m.From, movedFrom(inv.Site))
		good = one.text("to", &m.To, redirectTo) && good
		one.number("status", &m.Status, 301, 308)
		if !slices.Contains([]int{301, 302, 303, 307, 308}, m.Status) {
			one.wrong("status", "%d is not the status of a redirect; write 301 or 308 for good, 302, 303 or 307 for now", m.Status)
		}
		one.end()
		if !good {
			continue
		}
		if why := m.impossible(inv.Site); why != "" {
			one.fault(fault.Contradiction, "to", "%s", why)
		}
		if slices.ContainsFunc(inv.Web.Redirects, func(other Redirect) bool { return other.From == m.From }) {
			one.fault(fault.Contradiction, "from", "%s is redirected already; remove one", m.From)
		}
		inv.Web.Redirects = append(inv.Web.Redirects, m)
	}
}

// movedFrom accepts what a request of the site can be for.
func movedFrom(site Site) check {
	return func(s string) error {
		switch {
		case strings.HasPrefix(s, "/") && movedPath.MatchString(s):
			return nil
		case strings.HasPrefix(s, "/"):
			return fmt.Errorf("%q has characters that a path here may not have; write a path such as /old, or /old/* for all below it", s)
		case strings.ContainsAny(s, "^$()[]\\|"):
			return fmt.Errorf("%q is a regular expression, which redirects do not have; write a path such as /old, or /old/* for all below it", s)
		case strings.Contains(s, "/"):
			return fmt.Errorf("%q is a URL; write a path that begins with /, or only a name of the site", s)
		case !slices.Contains(site.Names(), s):
			return fmt.Errorf("%s is not a name of the site, so no request for it arrives; add it to site.aliases, or write a path that begins with /", s)
		}
		return nil
	}
}

// redirectTo accepts a URL, a path or a name.
func redirectTo(s string) error {
	rest := s
	if u, err := url.Parse(s); err == nil && u.Scheme != "" {
		if webURL("https", "http")(u.Scheme+"://"+u.Host) != nil {
			return fmt.Errorf(`%q does not begin with https:// and a name; write a URL or a path such as /new`, s)
		}
		rest = strings.TrimPrefix(s, u.Scheme+"://"+u.Host)
	} else if !strings.HasPrefix(s, "/") {
		return domainName(s)
	}
	switch {
	case strings.HasPrefix(s, "//"):
		return fmt.Errorf("%q begins with two slashes, which browsers take for another site; write the whole URL", s)
	case !movedTo.MatchString(rest):
		return errors.New("it has characters that a URL may not have; write them as %XX")
	case strings.Contains(strings.TrimSuffix(rest, "*"), "*"):
		return errors.New("only a star at its end is allowed; remove the others")
	}
	return nil
}

// impossible says why a redirect would lead to itself, or nowhere.
func (m Redirect) impossible(site Site) string {
	to, name, local := m.To, "", strings.HasPrefix(m.To, "/")
	if u, err := url.Parse(m.To); err == nil && u.Scheme != "" {
		name, to = u.Hostname(), strings.TrimPrefix(m.To, u.Scheme+"://"+u.Host)
		local = slices.Contains(site.Names(), name)
	} else if !local {
		name, to = m.To, ""
	}
	prefix, all := strings.CutSuffix(m.From, "*")
	switch {
	case m.Named() && (name == m.From || name == ""):
		return m.From + " would redirect to itself; name another one"
	case m.Named() && strings.ContainsAny(m.To, "*?#"):
		return "the path and the query of the request come after it; write a name, or a URL without *, ? and #"
	case !m.Named() && name != "" && !strings.Contains(m.To, "://"):
		return fmt.Sprintf(`%s is a name; write a path such as /new, or the URL "https://%s/"`, m.To, m.To)
	case strings.HasSuffix(m.To, "*") && !all:
		return "it ends in a star, and from does not; end from in a star, too"
	case !m.Named() && local && (to == m.From || all && strings.HasPrefix(to, prefix)):
		return m.From + " would redirect to itself; name another target"
	}
	return ""
}

// guardedHealth refuses a health path that opens what [web.auth] guards: the balancer has
// no password, so that its path needs none.
func (r *reader) guardedHealth(inv *Inventory) {
	for _, path := range inv.Web.Auth.Paths {
		if health := inv.LB.HealthPath; strings.TrimRight(health, "/") == strings.TrimRight(path, "/") {
			r.clash([]string{"lb", "health_path"}, "the load balancer requests %s without a password, so everybody could see what [web.auth] is to protect; name a path that shows nothing, such as /healthz", health)
			return
		}
	}
}

// auth reads [web.auth].
func (r *reader) auth(t *table, a *Auth) {
	a.Paths = []string{"/"}
	t.oneOrMore("path", &a.Paths, healthPath)
	t.nothing("path", `write the paths that ask for a password, or remove the line for all of the site`)
	users := t.sub("users")
	for name := range users.values {
		var s Source
		if users.source(name, &s) && users.pass(users.key(name), name, []check{matches(webUser, "is not a user's name; use letters, digits, dots, dashes, _, @ and +")}) {
			if a.Users == nil {
				a.Users = map[string]Source{}
			}
			a.Users[name] = s
		}
	}
	if list, ok := t.values["users"]; t.values != nil && (!ok && (len(t.values) == 0 || t.has("path")) || isTable(list) && len(users.values) == 0) {
		t.fault(fault.Lacking, "users", `without users nothing would be protected; add a user: users.alice = { env = "ALICE_PASSWORD" }`)
	}
	if len(a.Users) == 0 {
		a.Paths = nil
	}
	t.end()
}
