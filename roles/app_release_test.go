package roles

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/fault/faulttest"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// machine is this machine, with /srv and /var/lib/foobar below a folder. In place of
// foobar's users it has nobody where the test runs as root, else the test's own user.
type machine struct {
	t   *testing.T
	dir string
	// mischief is shell that runs after each command of a build, as its user.
	mischief string
}

// stubs stand in for what a test cannot have: systemd, users and, without root,
// other owners.
var stubs = map[string]string{
	"systemctl": "#!/bin/sh\nexit 0\n",
	"systemd-run": `#!/bin/sh
while [ "$1" != -- ]; do case $1 in FOOBAR_COMMANDS=*) export "$1" ;; BindPaths=*) at=${1#BindPaths=} ;; BindReadOnlyPaths=-*) ;; BindReadOnlyPaths=*) ro=${1#*=}; rm -rf "${ro#*:}"; cp -a "${ro%%:*}" "${ro#*:}" ;; esac; shift; done
shift
cd "${at%%:*}" || exit 226
chmod o+x ..
[ -e "${at#*:}" ] || { ln -s "${at%%:*}" "${at#*:}"; trap 'rm -f "${at#*:}"' EXIT; }
setpriv -- "$@"
`,
	"setpriv": `#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
as=; [ "$(id -u)" != 0 ] || as="/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs"
$as "$@" || exit $?
[ -z "$MISCHIEF" ] || $as sh -euc "$MISCHIEF"
`,
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	for _, tool := range []string{"/usr/bin/python3", "/usr/bin/find", "/usr/bin/setpriv"} {
		if _, err := os.Stat(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	m := &machine{t: t, dir: t.TempDir()}
	m.must(os.Chmod(filepath.Dir(m.dir), 0o755)) // a build's user writes below it
	for _, d := range []string{"bin", "lib/app", "srv"} {
		m.must(os.MkdirAll(filepath.Join(m.dir, d), 0o755))
	}
	for name, text := range stubs {
		m.must(os.WriteFile(filepath.Join(m.dir, "bin", name), []byte(text), 0o755))
	}
	if os.Getuid() != 0 {
		m.must(os.WriteFile(filepath.Join(m.dir, "bin", "chown"), []byte("#!/bin/sh\nexit 0\n"), 0o755))
	}
	m.write("/proc/uptime", "7.00 7.00\n")
	return m
}

func (m *machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// path is where something of a host lies here.
func (m *machine) path(p string) string { return m.dir + p }

func (m *machine) write(p, text string) {
	m.t.Helper()
	m.must(os.MkdirAll(filepath.Dir(m.path(p)), 0o755))
	m.must(os.WriteFile(m.path(p), []byte(text), 0o644))
}

func (m *machine) run(script string) (out string, status int) {
	m.t.Helper()
	functions := sh.Files
	if os.Getuid() != 0 {
		functions = "foobar_dir(){ mkdir -p -- \"$3\"; chmod \"$1\" \"$3\"; }\nfoobar_parent(){ :; }\n"
	}
	script = strings.NewReplacer("/srv/", m.dir+"/srv/", "/var/lib/foobar/", m.dir+"/lib/", "foobar-build:foobar-build", "65534:65534",
		"root:foobar-app", "root:root", "readers=foobar-app", "readers=root", "/proc/", m.dir+"/proc/", "/tmp/bin", m.dir+"/tmp/bin", "/run/nginx.pid", m.dir+"/run/nginx.pid").Replace(script)
	cmd := exec.Command("sh", "-eu")
	cmd.Env = append(os.Environ(), "PATH="+m.dir+"/bin:"+os.Getenv("PATH"), "MISCHIEF="+m.mischief)
	cmd.Stdin = strings.NewReader(functions + script)
	raw, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	return strings.ReplaceAll(string(raw), m.dir+"/srv/", "/srv/"), cmd.ProcessState.ExitCode()
}

// ask is what a resource would change.
func (m *machine) ask(r resource.Resource) (resource.Change, error) {
	m.t.Helper()
	return r.Diff(m.see(r))
}

// see is what a resource's question finds.
func (m *machine) see(r resource.Resource) resource.Observed {
	m.t.Helper()
	args := r.Probe().Args
	out, status := m.run("set +e\n" + sh.Func("told", args[0]) + "told\n")
	o := resource.Observed{State: resource.Present, Attrs: map[string]string{"out": out}}
	for _, link := range args[1:] {
		if to, err := os.Readlink(m.path(link)); err == nil {
			o.Set("leads "+link, strings.TrimPrefix(to, m.dir))
		}
	}
	if status == 3 {
		o.State = resource.Absent
	} else if status != 0 {
		m.t.Fatalf("status %d: %s", status, out)
	}
	return o
}

// steps does what a change says; said is the output of the step that failed.
func (m *machine) steps(c resource.Change) (said string, ok bool) {
	m.t.Helper()
	for _, step := range c.Steps {
		switch step := step.(type) {
		case resource.Put:
			data, err := io.ReadAll(io.NewSectionReader(step.Archive, 0, step.Archive.Size()))
			m.must(err)
			m.must(os.WriteFile(m.path("/lib/app/"+filepath.Base(step.Path)), data, 0o600))
		case resource.Run:
			if out, status := m.run(step.Script); status != 0 {
				return out, false
			}
		}
	}
	return "", true
}

// bring makes a resource as it is wanted, and sees that it then is.
func (m *machine) bring(c resource.Resource) {
	m.t.Helper()
	change, err := m.ask(c)
	m.must(err)
	if said, ok := m.steps(change); !ok {
		m.t.Fatalf("%s: %s", c.ID(), said)
	}
	left, err := m.ask(c)
	m.must(err)
	if !left.Empty() {
		m.t.Fatalf("%s did not converge: %+v", c.ID(), left.Fields)
	}
}

func fieldsOf(c resource.Change) string {
	var parts []string
	for _, f := range c.Fields {
		parts = append(parts, f.Name+" "+f.Old+" "+f.New)
	}
	return strings.Join(parts, "; ")
}

// releases are the names in the folder of releases.
func (m *machine) releases() []string {
	m.t.Helper()
	list, err := os.ReadDir(m.path("/srv/foobar/releases"))
	m.must(err)
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// kept makes a finished release of foobar's, built some days ago.
func (m *machine) kept(id string, days int) {
	m.t.Helper()
	mark := "/srv/foobar/releases/" + id + "/.complete"
	m.write(mark, strings.Repeat("0", 64)+" "+id+" app\n")
	at := time.Now().AddDate(0, 0, -days)
	m.must(os.Chtimes(m.path(mark), at, at))
}

// releaseFrom is a release of these files.
func releaseFrom(t *testing.T, files map[string]string) release {
	t.Helper()
	s := serverSiteOf(t, files, hostText("web1", "10.0.0.11", "web", "app"))
	return release{site: siteFolder(s.Inv), id: s.App.ID, archive: s.App.Archive(), keep: 2, readers: "root", runnable: true, entrypoint: "wsgi:app"}
}

func TestReleaseConverges(t *testing.T) {
	m := newMachine(t)
	r := releaseFrom(t, nil)
	m.kept("aaaaaaaaaaaa", 9)
	m.kept("bbbbbbbbbbbb", 1)
	m.kept("cccccccccccc", 2)
	m.must(os.Symlink("releases/aaaaaaaaaaaa", m.path("/srv/foobar/current")))
	c, err := m.ask(r.unpacked())
	if err != nil || c.Action != resource.Create || len(c.Steps) != 2 {
		t.Fatalf("a missing release: %+v, %v", c, err)
	}
	// The one in use stays, however old; the plan says what goes, and what that is.
	if len(c.Fields) != 2 || !strings.HasPrefix(c.Fields[1].Old, "cccccccccccc: app, ") || c.Fields[1].New != "removed" {
		t.Errorf("the plan says %+v", c.Fields)
	}
	m.bring(r.unpacked())
	want := []string{"aaaaaaaaaaaa", "bbbbbbbbbbbb", r.id}
	slices.Sort(want)
	if got := m.releases(); !slices.Equal(got, want) {
		t.Errorf("there are %v, not %v", got, want)
	}
	start, err := os.ReadFile(m.path(r.dir() + "/.start"))
	if err != nil || !strings.Contains(string(start), "exec /usr/bin/python3 -c ") {
		t.Errorf(".start is %q, %v", start, err)
	}
	if list, _ := filepath.Glob(m.path(r.dir() + "/__pycache__/wsgi.*.pyc")); len(list) != 1 {
		t.Error("nothing was compiled")
	}
	if left, _ := filepath.Glob(m.path("/lib/app/*")); len(left) > 0 {
		t.Errorf("the archive stays: %v", left)
	}
	if c, err := m.ask(r.current()); err != nil || c.Empty() || c.Fields[0].Old != "aaaaaaaaaaaa" {
		t.Errorf("the link to an older release: %+v, %v", c, err)
	}
	m.bring(r.current())
	m.bring(r.access())
	m.write(r.dir()+"/wsgi.py", "app = 1\n")
	if c, err := m.ask(r.unpacked()); err != nil || c.Action != resource.Update {
		t.Errorf("a file edited by hand was not seen: %+v, %v", c, err)
	}
	m.bring(r.unpacked())
}

// TestFilesAreNotBuilt: where the app does not run, a release is unpacked and
// nothing of it is run.
func TestFilesAreNotBuilt(t *testing.T) {
	m := newMachine(t)
	m.write("/bin/systemd-run", "#!/bin/sh\nexit 1\n")
	r := releaseFrom(t, nil)
	r.runnable = false
	m.bring(r.unpacked())
	r.runnable = true
	if c, err := m.ask(r.unpacked()); err != nil || c.Empty() || c.Fields[0].Old != r.id+", files only" {
		t.Errorf("the app would run with files alone: %+v, %v", c.Fields, err)
	}
}

func TestBrokenEntrypointStopsTheRelease(t *testing.T) {
	m := newMachine(t)
	r := releaseFrom(t, map[string]string{"wsgi.py": "def broken(:\n"})
	c, err := m.ask(r.unpacked())
	m.must(err)
	if said, ok := m.steps(c); ok || !strings.Contains(said, "SyntaxError") {
		t.Errorf("went well %v: %s", ok, said)
	}
	if got := m.releases(); len(got) > 0 {
		t.Errorf("what cannot run is a release: %v", got)
	}
}

// TestModulesOfTheAppAreNotRun: modules of the app that have the names of Python's
// own are not what its release is built with.
func TestModulesOfTheAppAreNotRun(t *testing.T) {
	m := newMachine(t)
	m.must(os.Mkdir(m.dir+"/ran", 0o777))
	m.must(os.Chmod(m.dir+"/ran", 0o777))
	files := map[string]string{"wsgi.py": "app = None\n"}
	for _, name := range []string{"struct", "filecmp", "traceback", "py_compile", "compileall", "sitecustomize", "concurrent/__init__", "importlib/__init__"} {
		files[name+".py"] = fmt.Sprintf("import posix\nposix.close(posix.open(%q + str(posix.getuid()), posix.O_CREAT|posix.O_WRONLY))\n", m.dir+"/ran/as-")
	}
	m.bring(releaseFrom(t, files).unpacked())
	if ran, _ := filepath.Glob(m.dir + "/ran/*"); len(ran) > 0 {
		t.Errorf("a module of the app ran: %v", ran)
	}
}

// TestWhatABuildLeaves: root takes over files, folders and links inside the
// release, with modes that open nothing, and refuses the rest.
func TestWhatABuildLeaves(t *testing.T) {
	for name, c := range map[string]struct{ mischief, says string }{
		"a link out by its path":   {"ln -s /etc/passwd static/passwd", "./static/passwd, a link to /etc/passwd, outside the release"},
		"a link out by steps":      {"mkdir -p a/b && ln -s ../../../../secret a/b/c", "./a/b/c, a link to ../../../../secret, outside"},
		"a link over a link":       {"mkdir -p a/b/c && ln -s a/b/c short && ln -s short/../../../../secret long", "./long, a link to short/../../../../secret, outside"},
		"a link out of the venv":   {"mkdir venv && ln -s /etc venv/etc", "./venv/etc, a link to /etc, outside"},
		"a pipe":                   {"mkfifo pipe", "./pipe, which is neither a file nor a folder"},
		"another name elsewhere":   {"echo x >twin && ln twin ../../../../elsewhere/twin", "a file with another name outside the release"},
		"links inside":             {"mkdir -p venv/bin && ln -s ../wsgi.py venv/app && ln -s /usr/bin/python3 venv/bin/python3 && ln -s python3 venv/bin/python && ln -s nothing dangling", ""},
		"two names inside":         {"echo x >twin && ln twin 'a twin'", ""},
		"modes for everybody":      {"echo x >open && chmod 4777 open && mkdir box && chmod 3777 box && mkdir -m 0700 shut && echo x >shut/in", ""},
		"links where root writes":  {"ln -sfn ../../../../victim .start && ln -s ../../../../victim .complete", "outside the release"},
		"files where root writes":  {"mkdir .complete && echo x >.start && chmod 0777 .start", ""},
		"links of its own to mark": {"ln -s wsgi.py .start && ln -s wsgi.py .complete", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.must(os.Mkdir(m.dir+"/elsewhere", 0o777))
			m.must(os.Chmod(m.dir+"/elsewhere", 0o777))
			m.must(os.WriteFile(m.dir+"/victim", []byte("root's\n"), 0o600))
			m.mischief = strings.ReplaceAll(c.mischief, "../../../../elsewhere", m.dir+"/elsewhere")
			r := releaseFrom(t, nil)
			change, err := m.ask(r.unpacked())
			m.must(err)
			said, ok := m.steps(change)
			if ok != (c.says == "") || !strings.Contains(said, c.says) {
				t.Fatalf("went well %v: %s", ok, said)
			}
			if text, _ := os.ReadFile(m.dir + "/victim"); string(text) != "root's\n" {
				t.Errorf("root wrote over %q", text)
			}
			if !ok {
				if got := m.releases(); len(got) > 0 {
					t.Errorf("there is %v", got)
				}
				return
			}
			if left, err := m.ask(r.unpacked()); err != nil || !left.Empty() {
				t.Errorf("not complete: %+v, %v", left, err)
			}
			if text, _ := os.ReadFile(m.path(r.dir() + "/wsgi.py")); string(text) != "app = None\n" {
				t.Errorf("root wrote through a link inside: %q", text)
			}
			m.must(filepath.WalkDir(m.path(r.dir()), func(p string, d os.DirEntry, err error) error {
				info, err := os.Lstat(p)
				if err != nil || d.Type()&os.ModeSymlink != 0 {
					return err
				}
				st := info.Sys().(*syscall.Stat_t)
				if st.Mode&0o7022 != 0 || int(st.Uid) != os.Getuid() || st.Mode&0o040 == 0 {
					t.Errorf("%s is %o of user %d", p, st.Mode, st.Uid)
				}
				return nil
			}))
		})
	}
}

// TestBuiltFiles: what the commands of a build make has one time on all hosts, not before that
// of its source, and a link by the release's own path is one inside it.
func TestBuiltFiles(t *testing.T) {
	var times []time.Time
	r := releaseFrom(t, nil)
	for _, out := range []string{"", "", "/../../x"} {
		m := newMachine(t)
		m.must(os.Mkdir(m.path("/tmp"), 0o777))
		m.must(os.Chmod(m.path("/tmp"), 0o777))
		r.commands = []string{"mkdir -p 'a b/out' && echo x >'a b/out/x.css' && ln -s " + r.dir() + out + "/wsgi.py 'a b/out/linked'"}
		c, err := m.ask(r.unpacked())
		m.must(err)
		said, ok := m.steps(c)
		if out != "" {
			if ok || !strings.Contains(said, "./a b/out/linked, a link to ") || !strings.Contains(said, "outside the release") {
				t.Errorf("went well %v: %s", ok, said)
			}
			continue
		}
		if !ok {
			t.Fatal(said)
		}
		if text, err := os.ReadFile(m.path(r.dir() + "/a b/out/linked")); err != nil || string(text) != "app = None\n" {
			t.Errorf("the link is to %q, %v", text, err)
		}
		source, err := os.Stat(m.path(r.dir() + "/wsgi.py"))
		m.must(err)
		built, err := os.Stat(m.path(r.dir() + "/a b/out/x.css"))
		m.must(err)
		time.Sleep(time.Second)
		if times = append(times, built.ModTime()); built.ModTime().After(source.ModTime()) || built.ModTime().Before(source.ModTime().Add(-4096*time.Second)) {
			t.Errorf("it is of %s, and its source of %s", built.ModTime(), source.ModTime())
		}
	}
	if !times[0].Equal(times[1]) {
		t.Errorf("one release is of %s on one host, of %s on the other", times[0], times[1])
	}
}

// TestWhatABuildSees: commands of the app may read the authority of the databases, of which their
// environment tells, and nothing else of foobar's; what installs packages sees none of it.
func TestWhatABuildSees(t *testing.T) {
	m := newMachine(t)
	m.write("/bin/systemd-run", "#!/bin/sh\nprintf '%s ' \"$@\" >>"+m.dir+"/asked\necho >>"+m.dir+"/asked\n")
	m.must(os.Chmod(m.path("/bin/systemd-run"), 0o755))
	r := packed(t, map[string]string{"requirements.txt": "labpkg\n"})
	r.commands = []string{"true"}
	m.bring(r.unpacked())
	text, err := os.ReadFile(m.path("/asked"))
	m.must(err)
	packages, commands, _ := strings.Cut(string(text), "foobar-build-commands")
	const hidden, seen = " InaccessiblePaths=-/etc/foobar ", " TemporaryFileSystem=/etc/foobar:ro -p BindReadOnlyPaths=-/etc/foobar/tls/ca.crt:/etc/foobar/tls/ca.crt "
	if !strings.Contains(packages, hidden) || strings.Contains(packages, seen) {
		t.Errorf("packages are installed with %s", packages)
	}
	if strings.Contains(commands, "=-/etc/foobar ") || !strings.Contains(commands, seen) {
		t.Errorf("commands run with %s", commands)
	}
}

// TestWorkerOfUvicorn: a release with the package uvicorn-worker uses its worker where the
// unit asks for uvicorn's, and the others are started as the unit says; without the socket by
// which a newer gunicorn can be controlled.
func TestWorkerOfUvicorn(t *testing.T) {
	const asgi, wsgi, packages = "-k uvicorn.workers.UvicornWorker -w 2 app:app", "-k sync app:app", "venv/lib/python3.9/site-packages/"
	for brings, want := range map[string][2]string{
		"uvicorn/__init__.py":        {"", ""},
		"uvicorn_worker/__init__.py": {" -k uvicorn_worker.UvicornWorker", ""},
		"gunicorn/__init__.py":       {"", ""},
		"gunicorn/ctl/server.py":     {" --no-control-socket", " --no-control-socket"},
	} {
		m := newMachine(t)
		m.mischief = "mkdir -p " + packages + filepath.Dir(brings) + " && echo >" + packages + brings
		r := releaseFrom(t, nil)
		m.bring(r.unpacked())
		start, err := os.ReadFile(m.path(r.dir() + "/.start"))
		m.must(err)
		shown := regexp.MustCompile(`exec /usr/bin/python3 -c '[^']*'`).ReplaceAllString(string(start), "echo")
		for args, want := range map[string]string{asgi: asgi + want[0], wsgi: wsgi + want[1]} {
			out, err := exec.Command("sh", append([]string{"-c", shown, "sh"}, strings.Fields(args)...)...).Output()
			if got := strings.TrimSpace(string(out)); err != nil || got != want {
				t.Errorf("with %s, %s is started as %q, %v", brings, args, got, err)
			}
		}
	}
}

// TestReleasesOfOthersStay: where another tool deployed before, its releases stay,
// the one in use and what was uploaded into it too.
func TestReleasesOfOthersStay(t *testing.T) {
	m := newMachine(t)
	r := releaseFrom(t, nil)
	r.keep = 1
	others := []string{"20240101120000", "20240202120000", "by-hand", "0123456789ab", "ba9876543210"}
	for _, name := range others {
		m.write("/srv/foobar/releases/"+name+"/upload.jpg", "irreplaceable")
	}
	m.write("/srv/foobar/releases/ba9876543210/.complete", "x\n") // another tool's mark
	m.write("/srv/foobar/shared/upload.jpg", "irreplaceable")
	live := m.path("/srv/foobar/releases/20240202120000")
	m.must(os.Symlink(live, m.path("/srv/foobar/current")))
	m.kept("eeeeeeeeeeee", 3)
	m.bring(r.access())
	m.bring(r.unpacked())
	for _, name := range others {
		if _, err := os.Stat(m.path("/srv/foobar/releases/" + name + "/upload.jpg")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if slices.Contains(m.releases(), "eeeeeeeeeeee") {
		t.Error("an old release of foobar's stays")
	}
	c, err := m.ask(r.current())
	if err != nil || len(c.Fields) != 1 || c.Fields[0].Old != "/srv/foobar/releases/20240202120000, which is not foobar's and stays" {
		t.Errorf("the plan says %+v, %v", c.Fields, err)
	}
	m.bring(r.current())
	if at, err := os.Readlink(m.path("/srv/foobar/current")); err != nil || at != "releases/"+r.id {
		t.Errorf("current leads to %q, %v", at, err)
	}
	if _, err := os.Stat(live + "/upload.jpg"); err != nil {
		t.Error(err)
	}
}

// TestOtherReleaseBeside: static files of the release that comes are found before it is in
// use, and then those of the one before it.
func TestOtherReleaseBeside(t *testing.T) {
	m := newMachine(t)
	leads := func(want string) {
		t.Helper()
		if got, _ := os.Readlink(m.path("/srv/foobar/beside")); got != want {
			t.Errorf("beside leads to %q, not %q", got, want)
		}
	}
	first, second := releaseFrom(t, nil), releaseFrom(t, map[string]string{"wsgi.py": "app = 2\n"})
	m.bring(first.unpacked())
	m.bring(first.current())
	leads("")
	m.bring(second.unpacked())
	leads("releases/" + second.id)
	m.bring(second.current())
	leads("releases/" + first.id)
	m.bring(first.current())
	leads("releases/" + second.id)
	m.must(os.Remove(m.path("/srv/foobar/beside")))
	m.write("/srv/foobar/beside/own", "irreplaceable")
	m.bring(second.current())
	if _, err := os.Stat(m.path("/srv/foobar/beside/own")); err != nil {
		t.Error(err)
	}
	m.must(os.RemoveAll(m.path("/srv/foobar/beside")))
	m.must(os.Symlink("/data/beside", m.path("/srv/foobar/beside"))) // of somebody else's, too
	m.bring(first.current())
	leads("/data/beside")
}

// TestOneInUseByItsPathStays: current may lead to a release of foobar's by its
// whole path, too.
func TestOneInUseByItsPathStays(t *testing.T) {
	m := newMachine(t)
	r := releaseFrom(t, nil)
	r.keep = 1
	m.kept("aaaaaaaaaaaa", 9)
	m.must(os.Symlink(m.path("/srv/foobar/releases/aaaaaaaaaaaa"), m.path("/srv/foobar/current")))
	m.bring(r.unpacked())
	if !slices.Contains(m.releases(), "aaaaaaaaaaaa") {
		t.Error("the release in use was removed")
	}
}

func TestCurrentThatIsNoLink(t *testing.T) {
	m := newMachine(t)
	r := releaseFrom(t, nil)
	m.write("/srv/foobar/current/upload.jpg", "irreplaceable")
	_, err := m.ask(r.current())
	faulttest.Wants(t, err, "RUN12")
	if err == nil || !strings.Contains(err.Error(), "mv /srv/foobar/current /srv/foobar/current.before") {
		t.Errorf("says %v", err)
	}
	if said, status := m.run(fmt.Sprintf("readlink -- %s/srv/foobar/current || exit 3", m.dir)); status != 3 {
		t.Errorf("%d: %s", status, said)
	}
}

// TestOldReleasesAreClosed: releases from when every user could read them are
// closed without being built again, and without a restart.
func TestOldReleasesAreClosed(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("owners are root's to change")
	}
	m := newMachine(t)
	r := releaseFrom(t, nil)
	m.bring(r.unpacked())
	m.kept("aaaaaaaaaaaa", 1)
	m.write("/srv/foobar/releases/by-hand/upload.jpg", "irreplaceable")
	m.must(os.Chmod(m.path(r.dir()), 0o755))
	m.must(os.Chmod(m.path("/srv/foobar/releases"), 0o777))
	c, err := m.ask(r.access())
	m.must(err)
	if len(c.Fields) != 3 || c.Reason == "" {
		t.Fatalf("the plan says %+v because %q", c.Fields, c.Reason)
	}
	m.bring(r.access())
	for p, want := range map[string]os.FileMode{"": 0o755, "/aaaaaaaaaaaa": 0o750, "/" + r.id: 0o750, "/by-hand": 0o755} {
		if info, err := os.Stat(m.path("/srv/foobar/releases" + p)); err != nil || info.Mode().Perm() != want {
			t.Errorf("releases%s: %v, %v", p, info.Mode(), err)
		}
	}
	o, byHand := m.see(r.access()), "/srv/foobar/releases/by-hand"
	if found, ok := r.access().Found(o); !ok || len(found) != 1 || found[0] != byHand || len(r.access().Unmanaged(o)) != 1 {
		t.Errorf("what others put beside the releases: %q", found)
	}
	o = o.With(func(name string) bool { return name == byHand })
	if c, err := r.access().Diff(o); err != nil || !c.Empty() || len(r.access().Unmanaged(o)) != 1 {
		t.Errorf("a folder with files, which came later: %+v, %v", c, err)
	}
	r.purge = true
	if c, err := r.access().Diff(o); err != nil || fieldsOf(c) != "beside the releases "+byHand+" removed" || len(c.Steps) != 1 || len(r.access().Unmanaged(o)) > 0 {
		t.Errorf("what came later: %+v, %v", c, err)
	} else if _, ok := m.steps(c); !ok || slices.Contains(m.releases(), "by-hand") || !slices.Contains(m.releases(), r.id) {
		t.Errorf("left: %q", m.releases())
	}
	if c, err := m.ask(r.unpacked()); err != nil || !c.Empty() {
		t.Errorf("a release that was closed is not as it was built: %+v, %v", c.Fields, err)
	}
	s, h := allInOne(t)
	service := wanted(t, App{}, s, h)["service:app.service"].(resource.Service)
	if slices.Contains(service.Loads, r.access().ID()) {
		t.Error("closing a release restarts the app")
	}
}

// TestReleaseOfAnEarlierVersion: its mark holds another digest of the same files,
// by which a change is seen as well.
func TestReleaseOfAnEarlierVersion(t *testing.T) {
	m := newMachine(t)
	r := releaseFrom(t, nil)
	m.bring(r.unpacked())
	sum, status := m.run(releaseDigest + "cd " + r.dir() + "\nearlier\n")
	mark := r.dir() + "/.complete"
	text, err := os.ReadFile(m.path(mark))
	m.must(err)
	if _, rest, ok := strings.Cut(string(text), " "); !ok || status != 0 || strings.HasPrefix(string(text), strings.TrimSpace(sum)) {
		t.Fatalf("the mark is %q, the earlier digest %q", text, sum)
	} else {
		m.write(mark, strings.TrimSpace(sum)+" "+rest)
	}
	if c, err := m.ask(r.unpacked()); err != nil || !c.Empty() {
		t.Errorf("%+v, %v", c.Fields, err)
	}
	m.write(r.dir()+"/wsgi.py", "changed = 1\n")
	if c, err := m.ask(r.unpacked()); err != nil || c.Empty() {
		t.Errorf("a change is not seen: %v", err)
	}
}

// TestWorkersThatCannotRead: nginx is reloaded when a worker that takes requests
// began before its user belonged to the app's group.
func TestWorkersThatCannotRead(t *testing.T) {
	m := newMachine(t)
	m.write("/run/nginx.pid", "100\n")
	m.write("/bin/getent", "#!/bin/sh\necho foobar-app:x:997:www-data\n")
	m.must(os.Chmod(m.path("/bin/getent"), 0o755))
	worker := func(pid, title, groups string) {
		m.write("/proc/"+pid+"/cmdline", title+strings.Repeat("\x00", 20))
		m.write("/proc/"+pid+"/status", "Name:\tnginx\nGroups:\t"+groups+" \nNoNewPrivs:\t1\n")
	}
	m.write("/proc/100/task/100/children", "101 102 103 104 ")
	worker("101", "nginx: worker process", "33 997")
	worker("102", "nginx: worker process is shutting down", "33")
	worker("103", "nginx: cache manager process", "33")
	joins := nginxReads()[1].(resource.Custom)
	if c, err := m.ask(joins); err != nil || !c.Empty() {
		t.Errorf("all have the group: %+v, %v", c, err)
	}
	worker("104", "nginx: worker process", "33 9979")
	if c, err := m.ask(joins); err != nil || len(c.Steps) != 1 || c.Disrupts {
		t.Errorf("one lacks it: %+v, %v", c, err)
	}
	m.must(os.Remove(m.path("/run/nginx.pid")))
	if c, err := m.ask(joins); err != nil || !c.Empty() {
		t.Errorf("nginx does not run: %+v, %v", c, err)
	}
}

// TestWhoReadsReleases: the fewest that must.
func TestWhoReadsReleases(t *testing.T) {
	s, h := allInOne(t)
	have := wanted(t, AppRelease{}, s, h)
	if u, ok := have["user:www-data"].(resource.User); !ok || !slices.Equal(u.Groups, []string{"foobar-app"}) || have["readers:nginx.service"] == nil {
		t.Errorf("nginx beside the app cannot read: %+v", u)
	}
	s.Inv.Web.Static = ""
	if have = wanted(t, AppRelease{}, s, h); have["user:www-data"] != nil {
		t.Error("nginx may read although it serves nothing of it")
	}
	s, web, app := split(t)
	if have = wanted(t, AppRelease{}, s, app); have["user:www-data"] != nil {
		t.Error("www-data may read where there is no nginx")
	}
	if releaseReaders(web) != "www-data" || releaseReaders(app) != "foobar-app" {
		t.Errorf("%s and %s read", releaseReaders(web), releaseReaders(app))
	}
}

// TestOpenFolderOfARelease: a folder that others can write to is a change like that
// of a file, and one that is as it was built is not, whatever made its mark.
func TestOpenFolderOfARelease(t *testing.T) {
	m := newMachine(t)
	r := releaseFrom(t, map[string]string{"static/style.css": "body {}\n"})
	m.bring(r.unpacked())
	if c, err := m.ask(r.unpacked()); err != nil || !c.Empty() {
		t.Fatalf("%+v, %v", c.Fields, err)
	}
	for _, mode := range []os.FileMode{0o777, 0o700} {
		m.must(os.Chmod(m.path(r.dir()+"/static"), mode))
		if c, err := m.ask(r.unpacked()); err != nil || c.Empty() {
			t.Errorf("a folder with the mode %o is not seen: %v", mode, err)
		}
		m.bring(r.unpacked())
		if info, err := os.Stat(m.path(r.dir() + "/static")); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	// A build closes the folder of all releases first, where others could write to it.
	if os.Getuid() != 0 {
		return
	}
	m.must(os.Chmod(m.path("/srv/foobar/releases"), 0o777))
	m.must(os.Chmod(m.path(r.dir()+"/static"), 0o777))
	m.bring(r.unpacked())
	if info, err := os.Stat(m.path("/srv/foobar/releases")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestPackagesOfAnotherPython: an upgrade of the system brings another Python, which
// does not find the packages that a build installed. A folder called venv that an app
// brings along says nothing.
func TestPackagesOfAnotherPython(t *testing.T) {
	m := newMachine(t)
	r := releaseFrom(t, nil)
	m.bring(r.unpacked())
	real, err := filepath.EvalSymlinks("/usr/bin/python3")
	m.must(err)
	for _, c := range []struct{ name, python, packages, want string }{
		{"this Python's", r.dir() + "/venv/bin/python", filepath.Base(real), ""},
		{"another's", r.dir() + "/venv/bin/python", "python3.2", r.id + ", its packages are another Python's"},
		{"gone", r.dir() + "/venv/bin/python", "", r.id + ", its packages are another Python's"},
		{"none that were installed", "/usr/bin/python3", "python3.2", ""},
	} {
		said, status := m.run("cd " + r.dir() + "\nrm -rf venv\nmkdir -p venv/lib/" + c.packages + "\n" + releaseDigest +
			"printf '#!/bin/sh\\nexec %s -m gunicorn \"$@\"\\n' " + c.python + " >.start\nread -r _ rest <.complete\ndigest\necho \"$s $rest\" >.complete\n")
		if status != 0 {
			t.Fatalf("%s: %s", c.name, said)
		}
		change, err := m.ask(r.unpacked())
		m.must(err)
		if change.Empty() != (c.want == "") || c.want != "" && change.Fields[0].Old != c.want {
			t.Errorf("%s: %+v, not %q", c.name, change.Fields, c.want)
		}
	}
}
