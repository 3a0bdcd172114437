package action

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Init writes an inventory. What is not given it asks for, where there is somebody
// to ask.
type Init struct {
	Console Console
	// Path is the file to write, which must not be there.
	Path string
	// Domain, Email, App and User are keys of the inventory of these names.
	Domain, Email, App, User string
	// LB and Servers are hosts as [NAME=]ADDRESS[,PRIVATE].
	LB      string
	Servers []string
	// Minimal writes no comments, Full every key there is.
	Minimal, Full bool
	// Monitoring sends metrics and logs to Sumo Logic, NoMonitoring does not. With
	// neither a person is asked; where nobody is, the token in the environment decides.
	Monitoring, NoMonitoring bool

	lb      newHost
	servers []newHost
}

// newHost is a host as it was given.
type newHost struct {
	name, address string
	private       string // for the other hosts; empty: the address
}

// parseHost reads [NAME=]ADDRESS[,PRIVATE].
func parseHost(text, name string) newHost {
	h := newHost{name: name}
	if before, after, ok := strings.Cut(text, "="); ok {
		h.name, text = strings.TrimSpace(before), after
	}
	address, private, _ := strings.Cut(text, ",")
	h.address, h.private = strings.TrimSpace(address), strings.TrimSpace(private)
	return h
}

// given reads the hosts that were given, which must differ in name.
func (a *Init) given() error {
	if a.LB != "" {
		a.lb = parseHost(a.LB, "lb1")
	}
	for i, text := range a.Servers {
		a.servers = append(a.servers, parseHost(text, webName(i)))
	}
	seen := map[string]bool{a.lb.name: a.lb.name != ""}
	for _, h := range a.servers {
		if seen[h.name] {
			return fmt.Errorf("two hosts are called %s; give each a name of its own: --server NAME=ADDRESS", h.name)
		}
		seen[h.name] = true
	}
	return nil
}

func webName(i int) string { return fmt.Sprintf("web%d", i+1) }

// Run asks for what is missing, if there is somebody to ask, and writes the file.
func (a *Init) Run() error {
	if err := a.given(); err != nil {
		return Usage(err)
	}
	if _, err := os.Lstat(a.Path); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return Usage(err)
		}
		return Usage(fmt.Errorf("%s exists and is not overwritten; name another file: foobar init FILE", a.Path))
	}
	if folder := filepath.Dir(a.Path); !isFolder(folder) { // before five questions
		return &Exit{engine.ExitFailed, fault.Wrap(fault.LocalFile, fmt.Errorf("there is no folder %s; make it, or name another file: foobar init FILE", folder))}
	}
	if a.Console.CanAsk() {
		if err := a.interview(bufio.NewReader(a.Console.In), a.Console.Err); err != nil {
			return Usage(err)
		}
	}
	if missing := a.missing(); len(missing) > 0 {
		return Usage(fault.Wrap(fault.CannotAsk, fmt.Errorf("there is no terminal to ask at; give %s", strings.Join(missing, ", "))))
	}
	if !a.Monitoring && !a.NoMonitoring {
		_, a.Monitoring = os.LookupEnv(inventory.TokenEnv)
	}
	text := a.render()
	if _, err := inventory.Parse(a.Path, []byte(text)); err != nil {
		return Usage(fmt.Errorf("nothing was written, because foobar check would refuse it:\n%s", a.plain(err)))
	}
	if err := writeNew(a.Path, text); err != nil {
		return &Exit{engine.ExitFailed, fault.Wrap(fault.LocalFile, err)}
	}
	fmt.Fprintf(a.Console.Out, "wrote %s\n", a.Path)
	if _, set := os.LookupEnv(inventory.TokenEnv); a.Monitoring && !set {
		fmt.Fprintf(a.Console.Err, "Before the check, set the installation token of Sumo Logic: export %s=…\n", inventory.TokenEnv)
	}
	if !a.Monitoring {
		fmt.Fprintln(a.Console.Err, "Monitoring is off; enabled = true under [monitoring] sends metrics and logs to Sumo Logic, or with provider = \"datadog\" to Datadog; with \"prometheus\" a server of the site runs Prometheus instead.")
	}
	fmt.Fprintf(a.Console.Out, "next: foobar check %s\n", sh.Quote(a.Path))
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// missing names the flags without which there is no inventory.
func (a *Init) missing() []string {
	var list []string
	for _, f := range []struct {
		flag  string
		given bool
	}{
		{"--domain NAME", a.Domain != ""}, {"--email ADDRESS", a.Email != ""}, {"--lb ADDRESS", a.lb.address != ""},
		{"--server ADDRESS", len(a.servers) > 0}, {"--app FOLDER", a.App != ""},
	} {
		if !f.given {
			list = append(list, f.flag)
		}
	}
	return list
}

// plain is what the parser says, without the lines of a file that does not exist yet.
func (a *Init) plain(err error) string {
	var errs *inventory.Errors
	if !errors.As(err, &errs) {
		return err.Error()
	}
	lines := make([]string, len(errs.List))
	for i, e := range errs.List {
		lines[i] = "  " + asAnswer(e.Message)
	}
	return strings.Join(lines, "\n")
}

var aPrivateAddress = regexp.MustCompile(`; add .*, such as private_address = "([^"]+)"$`)

// asAnswer says of a private address that is missing how init is given it: there is no
// file yet to add a line to.
func asAnswer(message string) string {
	return aPrivateAddress.ReplaceAllString(message, "; give that too, after a comma: ADDRESS,$1")
}

// problem is what the parser says against one key, or "".
func (a *Init) problem(key string) string {
	_, err := inventory.Parse(a.Path, []byte(a.render()))
	var errs *inventory.Errors
	if !errors.As(err, &errs) {
		return ""
	}
	for _, e := range errs.List {
		if strings.HasPrefix(e.Message, key) {
			return asAnswer(strings.TrimPrefix(e.Message, key+": "))
		}
	}
	return ""
}

// interview asks for what no flag gave, each until the parser accepts it.
func (a *Init) interview(in *bufio.Reader, out io.Writer) error {
	q := &interview{in: in, out: out}
	if a.Domain == "" {
		q.until("The site's name, as people type it (www.example.com)", "", false, func(s string) string { a.Domain = s; return a.problem("site.domain") })
	}
	if a.Email == "" {
		q.until("E-mail address for the certificate authority", "", false, func(s string) string { a.Email = s; return a.problem("site.email") })
	}
	if a.lb.address == "" {
		q.until("Address of the load balancer; if the servers reach it at another, that one too, after a comma", "", false, func(s string) string {
			a.lb = parseHost(s, "lb1")
			return a.problem("hosts." + a.lb.name)
		})
	}
	if len(a.servers) == 0 {
		a.askServers(q)
	}
	if a.App == "" {
		standard := ""
		if info, err := os.Stat("app"); err == nil && info.IsDir() {
			standard = "app"
		}
		q.until("Folder with the app (a WSGI program, wsgi.py)", standard, false, func(s string) string { a.App = s; return a.problem("app.source") })
	}
	if !a.Monitoring && !a.NoMonitoring {
		q.until("Send metrics and logs to Sumo Logic, with the token in $"+inventory.TokenEnv+"; Datadog or Prometheus is a line for later (yes/no)", "no", false, func(s string) string {
			switch strings.ToLower(s) {
			case "y", "yes":
				a.Monitoring = true
			case "n", "no":
				a.NoMonitoring = true
			default:
				return "answer yes or no"
			}
			return ""
		})
	}
	return q.err
}

// askServers asks until one is left empty.
func (a *Init) askServers(q *interview) {
	for more := true; more && q.err == nil; {
		name := webName(len(a.servers))
		question := "Address of the first server, " + name
		if len(a.servers) > 0 {
			question = "Address of the next server, " + name + " (Enter when there are no more)"
		}
		kept := a.servers
		q.until(question, "", len(kept) > 0, func(s string) string {
			if a.servers = kept; s == "" {
				more = false
				return ""
			}
			h := parseHost(s, name)
			for _, other := range append(kept, a.lb) {
				if other.name == h.name {
					return h.name + " is the name of another host already; give each its own"
				}
			}
			a.servers = append(kept[:len(kept):len(kept)], h)
			return a.problem("hosts." + h.name)
		})
	}
}

// interview puts questions and remembers that nobody answers any more.
type interview struct {
	in  *bufio.Reader
	out io.Writer
	err error
}

// until asks until take returns no objection to the answer. An empty answer means the
// standard; take sees it only where an answer is optional.
func (q *interview) until(question, standard string, optional bool, take func(string) string) {
	if standard != "" {
		question += " [" + standard + "]"
	}
	for q.err == nil {
		fmt.Fprint(q.out, question+": ")
		line, err := q.in.ReadString('\n')
		if err != nil {
			fmt.Fprintln(q.out)
			q.err = errors.New("not all questions were answered; nothing was written")
			return
		}
		answer := strings.TrimSpace(line)
		if answer == "" {
			answer = standard
		}
		problem := "an answer is needed"
		if answer != "" || optional {
			problem = take(answer)
		}
		if problem == "" {
			return
		}
		fmt.Fprintln(q.out, "  "+problem)
	}
}

// source is the app's folder as the inventory names it: from the inventory's own folder.
func (a *Init) source() string {
	if a.App == "" || filepath.IsAbs(a.App) || strings.HasPrefix(a.App, "~") {
		return a.App
	}
	dir, err := filepath.Abs(filepath.Dir(a.Path))
	if err != nil {
		return a.App
	}
	app, err := filepath.Abs(a.App)
	if err != nil {
		return a.App
	}
	rel, err := filepath.Rel(dir, app)
	switch {
	case err != nil || strings.HasPrefix(rel, "../.."):
		return app
	case strings.HasPrefix(rel, ".."):
		return rel
	}
	return "./" + rel
}

// writeNew writes a file that must not be there.
func writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write the inventory: %w", err)
	}
	_, err = io.WriteString(file, text)
	if err = errors.Join(err, file.Close()); err != nil {
		os.Remove(path) // half an inventory is none
		return fmt.Errorf("write the inventory: %w", err)
	}
	return nil
}
