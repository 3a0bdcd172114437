package roles

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/fault/faulttest"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

// wheel makes a package of one module in a folder, and of more files.
func wheel(t *testing.T, dir, name, version string, more ...[2]string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name+"-"+version+"-py3-none-any.whl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	info := name + "-" + version + ".dist-info/"
	for _, file := range append(more, [][2]string{
		{name + ".py", "version = '" + version + "'\n"},
		{info + "METADATA", "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
		{info + "entry_points.txt", "[console_scripts]\n" + name + " = " + name + ":main\n"},
		{info + "RECORD", name + ".py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "entry_points.txt,,\n" + info + "RECORD,,\n"},
	}...) {
		w, err := z.Create(file[0])
		if err == nil {
			_, err = w.Write([]byte(file[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

// packed is a release that may name packages.
func packed(t *testing.T, files map[string]string) release {
	t.Helper()
	r := releaseFrom(t, files)
	r.needsVenv = true
	return r
}

// installed is the text of a module that a release has beside its own, "" for none.
func (m *machine) installed(r release, module string) string {
	m.t.Helper()
	found, _ := filepath.Glob(m.path(r.dir() + "/venv/lib/python3*/site-packages/" + module + ".py"))
	if len(found) != 1 {
		return ""
	}
	text, err := os.ReadFile(found[0])
	m.must(err)
	return string(text)
}

// backend builds the project that it lies in, offline.
const backend = `import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    os.makedirs("build", exist_ok=True)
    info = "site-1.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, "site-1-py3-none-any.whl"), "w") as z:
        z.writestr("builtmodule.py", open("code.txt").read() if os.path.exists("code.txt") else "built = 1\n")
        z.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: site\nVersion: 1\n" + ("" if os.path.exists("code.txt") else "Requires-Dist: labpkg\n"))
        z.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr(info + "RECORD", "builtmodule.py,,\n" + "".join(info + f + ",,\n" for f in ("METADATA", "WHEEL", "RECORD")))
    return "site-1-py3-none-any.whl"
`

// TestPackages: requirements.txt is installed, and copied for the next release that names
// the same; without it the dependencies of pyproject.toml are, and a project that says how
// it is built. What names nothing needs no environment.
func TestPackages(t *testing.T) {
	m := newMachine(t)
	index := t.TempDir()
	wheel(t, index, "labpkg", "1.0")
	for _, dir := range []string{index, filepath.Dir(index)} {
		m.must(os.Chmod(dir, 0o755))
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", index)
	t.Setenv("PIP_RETRIES", "0")
	const these = "--extra-index-url https://127.0.0.1:1/simple\nlabpkg==1.0\n" // which does not answer
	first := packed(t, map[string]string{"requirements.txt": "-r more/these.txt # and no others\n", "more/these.txt": these})
	m.bring(first.unpacked())
	m.bring(first.current())
	if m.installed(first, "labpkg") == "" {
		t.Fatal("the package is not there")
	}
	start, err := os.ReadFile(m.path(first.dir() + "/.start"))
	if bin := first.dir() + "/venv/bin"; err != nil || !strings.Contains(string(start), bin+":$PATH exec ") || !strings.Contains(string(start), bin+"/python -c ") {
		t.Errorf("the app is started without its packages' programs: %v\n%s", err, start)
	}
	t.Setenv("PIP_FIND_LINKS", m.dir) // where nothing is
	again := packed(t, map[string]string{"requirements.txt": "-r more/these.txt\n", "more/these.txt": these, "wsgi.py": "app = 2\n"})
	m.bring(again.unpacked())
	m.bring(again.current())
	if m.installed(again, "labpkg") == "" {
		t.Error("the packages of the release before were not taken over")
	}
	script, err := os.ReadFile(m.path(again.dir() + "/venv/bin/labpkg"))
	if err != nil || !strings.Contains(string(script), again.id) || strings.Contains(string(script), first.id) {
		t.Errorf("a program of a package is for another release: %v\n%s", err, script)
	}
	newer := packed(t, map[string]string{"requirements.txt": "labpkg==2.0\n"})
	c, err := m.ask(newer.unpacked())
	m.must(err)
	if said, ok := m.steps(c); ok || !strings.Contains(said, "No matching distribution found for labpkg==2.0") {
		t.Errorf("went well %v: %s", ok, said)
	}

	t.Setenv("PIP_FIND_LINKS", index)
	const tools, project = "[tool.black]\nline-length = 100\n", "[project]\nname = \"site\"\nversion = \"1\"\ndependencies = [\"labpkg\"]\n"
	plain := packed(t, map[string]string{"pyproject.toml": tools})
	m.bring(plain.unpacked())
	if _, err := os.Stat(m.path(plain.dir() + "/venv")); err == nil {
		t.Error("settings of tools made an environment")
	}
	loose := packed(t, map[string]string{"pyproject.toml": project + tools})
	m.bring(loose.unpacked())
	if m.installed(loose, "labpkg") == "" {
		t.Error("the dependencies of pyproject.toml are not there")
	}
	built := packed(t, map[string]string{"backend.py": backend, "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n" + project})
	m.bring(built.unpacked())
	if m.installed(built, "builtmodule") == "" || m.installed(built, "labpkg") == "" {
		t.Error("the project was not built and installed with what it depends on")
	}
	if _, err := os.Stat(m.path(built.dir() + "/build")); err == nil {
		t.Error("the build of the project left its folder in the release")
	}
}

// TestProjects: a project that is no package gets its dependencies alone, one whose version is
// git's gets one of the release, and packages that only Poetry can read are not passed over.
func TestProjects(t *testing.T) {
	m := newMachine(t)
	index := t.TempDir()
	wheel(t, index, "labpkg", "1.0")
	wheel(t, index, "setuptools_scm", "8.0")
	for _, dir := range []string{index, filepath.Dir(index)} {
		m.must(os.Chmod(dir, 0o755))
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", index)
	const project = "[project]\nname = \"site\"\nversion = \"1\"\ndependencies = [\"labpkg\"]\n"
	const unbuilt = "[build-system]\nrequires = [\"none-such\"]\n[tool.poetry]\npackage-mode = false\n"
	r := packed(t, map[string]string{"pyproject.toml": unbuilt + project})
	m.bring(r.unpacked())
	if m.installed(r, "labpkg") == "" {
		t.Error("the dependencies are not there")
	}
	for says, fails := range map[string]bool{"": false, unbuilt: true} {
		r = packed(t, map[string]string{"pyproject.toml": says + "[tool.poetry.dependencies]\npython = \"^3.11\"\nlabpkg = \"*\"\n"})
		c, err := m.ask(r.unpacked())
		m.must(err)
		if said, ok := m.steps(c); ok == fails || fails && !strings.Contains(said, "poetry export -o requirements.txt") {
			t.Errorf("%q went well %v: %s", says, ok, said)
		}
	}
	r = packed(t, map[string]string{"pyproject.toml": "[build-system]\nrequires = [\"none-such\"]\n[tool.uv]\npackage = false\n[tool.uv.sources]\nlabpkg = { index = \"ours\" }\n" + project})
	m.bring(r.unpacked())
	if m.installed(r, "labpkg") == "" {
		t.Error("the dependencies of a project that uv does not build are not there")
	}
	for _, at := range []string{"{ path = \"lib\" }", "[{ git = \"https://example.com/x\", marker = \"python_version > '3'\" }]", "{ workspace = true }"} {
		r = packed(t, map[string]string{"pyproject.toml": project + "[tool.uv.sources]\nLab_Pkg = { path = \"dev\" }\nLabPkg = " + at + "\n"})
		c, err := m.ask(r.unpacked())
		m.must(err)
		if said, ok := m.steps(c); ok || !strings.Contains(said, "pyproject.toml says where labpkg is for uv alone, in [tool.uv.sources]; write that to requirements.txt, too: uv export") {
			t.Errorf("%q went well %v: %s", at, ok, said)
		}
	}
	// As setuptools of Debian 12 does with the licence of a newer project.
	picky := strings.Replace(backend, "    os.makedirs", "    assert 'pip-build-env' in os.environ.get('PYTHONPATH', '')\n    os.makedirs", 1)
	r = packed(t, map[string]string{"backend.py": picky, "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n" + project})
	m.bring(r.unpacked())
	if m.installed(r, "builtmodule") == "" {
		t.Error("a project that what is there cannot build is not built with what the index has")
	}
	versioned := strings.Replace(backend, `"built = 1\n"`, `os.environ["SETUPTOOLS_SCM_PRETEND_VERSION"]`, 1)
	r = packed(t, map[string]string{"backend.py": versioned, "pyproject.toml": "[build-system]\nrequires = [\"setuptools_scm[toml]>=8\"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"})
	m.bring(r.unpacked())
	if got := m.installed(r, "builtmodule"); got != "0+"+r.id || m.installed(r, "labpkg") == "" {
		t.Errorf("the version is %q, not of release %s", got, r.id)
	}
}

// TestVersionOfGit: a project that requirements.txt names by its folder gets the version of the
// release, too, and no other package that is built with it does.
func TestVersionOfGit(t *testing.T) {
	m := newMachine(t)
	index := t.TempDir()
	wheel(t, index, "labpkg", "1.0")
	wheel(t, index, "setuptools_scm", "8.0")
	wheel(t, index, "pbr", "6.0")
	for _, dir := range []string{index, filepath.Dir(index)} {
		m.must(os.Chmod(dir, 0o755))
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", index)
	for needs, variable := range map[string]string{"setuptools_scm[toml]>=8": "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_MY_SITE", "pbr": "PBR_VERSION"} {
		tells := strings.Replace(backend, `"built = 1\n"`, `os.environ["`+variable+`"] + os.environ.get("SETUPTOOLS_SCM_PRETEND_VERSION", "")`, 1)
		r := packed(t, map[string]string{"backend.py": tells, "more.txt": "labpkg\n.[prod] # us\n", "requirements.txt": "-r more.txt\n",
			"pyproject.toml": "[build-system]\nrequires = [\"" + needs + "\"]\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n[project]\nname = \"My.site\"\ndynamic = [\"version\"]\n"})
		m.bring(r.unpacked())
		if got := m.installed(r, "builtmodule"); got != "0+"+r.id {
			t.Errorf("built by %s, the version is %q, not of release %s", needs, got, r.id)
		}
	}
}

// TestPackagesOfTheSource: a package that lies in the source is installed anew with each
// release, however its folder is written; so is what a file names that is named behind a byte
// order mark.
func TestPackagesOfTheSource(t *testing.T) {
	m := newMachine(t)
	t.Setenv("PIP_NO_INDEX", "1")
	const project = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"
	for _, code := range []string{"built = 2\n", "built = 3\n"} {
		r := packed(t, map[string]string{"requirements.txt": "\ufeff-r libs/these.txt\n", "libs/these.txt": "libs/lab\n",
			"libs/lab/pyproject.toml": project, "libs/lab/backend.py": backend, "libs/lab/code.txt": code})
		m.bring(r.unpacked())
		m.bring(r.current())
		if got := m.installed(r, "builtmodule"); got != code {
			t.Errorf("%q is installed where the release has %q", got, code)
		}
	}
}

// TestRequirementsOfPowerShell: files in UTF-16, as its "pip freeze > requirements.txt" makes
// them, and names in quotes are read as pip reads them, so that a change in one that they
// name is seen.
func TestRequirementsOfPowerShell(t *testing.T) {
	m := newMachine(t)
	index := t.TempDir()
	wheel(t, index, "labpkg", "1.0")
	wheel(t, index, "otherpkg", "1.0")
	for _, dir := range []string{index, filepath.Dir(index)} {
		m.must(os.Chmod(dir, 0o755))
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", index)
	wide := "\xff\xfe"
	for _, c := range "-r \"our packages.txt\"\r\n" {
		wide += string([]byte{byte(c), 0})
	}
	for _, name := range []string{"labpkg", "otherpkg"} {
		r := packed(t, map[string]string{"requirements.txt": wide, "our packages.txt": name + "\n"})
		m.bring(r.unpacked())
		m.bring(r.current())
		if m.installed(r, name) == "" {
			t.Errorf("%s is not installed", name)
		}
	}
}

// TestModulesCalledAsTheServer: modules of the app that have the names of gunicorn and of uvicorn
// are not started in their place, and the settings of gunicorn import what the release has.
func TestModulesCalledAsTheServer(t *testing.T) {
	m := newMachine(t)
	index := t.TempDir()
	// As gunicorn does: the working directory comes first, then the settings, then the worker.
	wheel(t, index, "gunicorn", "23.0", [2]string{"gunicorn/__init__.py", ""}, [2]string{"gunicorn/__main__.py", "import os, sys\nsys.path.insert(0, os.getcwd())\nimport settings\nif 'uvicorn.workers.UvicornWorker' in sys.argv:\n import uvicorn.workers\nprint(settings.mine, *sys.argv[1:])\n"})
	wheel(t, index, "uvicorn", "0.30", [2]string{"uvicorn/__init__.py", ""}, [2]string{"uvicorn/workers.py", ""})
	for _, dir := range []string{index, filepath.Dir(index)} {
		m.must(os.Chmod(dir, 0o755))
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", index)
	r := packed(t, map[string]string{"requirements.txt": "gunicorn\nuvicorn\n", "settings.py": "mine = 'settings'\n", "gunicorn.py": "bind = ':9000'\n", "uvicorn.py": "", "runpy.py": ""})
	m.bring(r.unpacked())
	for _, args := range []string{"-k sync wsgi:app", "-k uvicorn.workers.UvicornWorker wsgi:app"} {
		cmd := exec.Command(m.path(r.dir()+"/.start"), strings.Fields(args)...)
		cmd.Dir = m.path(r.dir())
		if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "settings "+args {
			t.Errorf("%s: %s, %v", args, out, err)
		}
	}
}

// TestIndex: pip's settings are root's alone and say what the inventory does; a URL with a
// password is never shown.
func TestIndex(t *testing.T) {
	s, h := allInOne(t)
	if have := wanted(t, App{}, s, h); have["file:/etc/foobar/pip.conf"] != nil {
		t.Error("settings of pip without an index")
	}
	s.Inv.App.IndexSecret, s.Inv.App.IndexCA = &inventory.Source{Env: "INDEX"}, "index-ca.pem"
	s.Secrets["app.index_url"], s.Secrets["app.index_ca"] = secret.New("https://me:hush@packages.example.com/simple"), secret.New("-----BEGIN CERTIFICATE-----\n")
	have := wanted(t, App{}, s, h)
	conf := have["file:/etc/foobar/pip.conf"].(resource.File)
	if !conf.Secret || conf.Mode != 0o600 || !strings.Contains(string(conf.Content), "\nindex-url = https://me:hush@packages.example.com/simple\ncert = /run/credentials/foobar-build-packages.service/index-ca.pem\n") {
		t.Errorf("pip.conf is %+v: %s", conf, conf.Content)
	}
	if have["file:/etc/foobar/index-ca.pem"] == nil {
		t.Error("the roots of the index are not there")
	}
	s.Secrets["app.index_url"] = secret.New("http://me:hush@packages.example.com/simple")
	_, err := App{}.Resources(s, h)
	faulttest.Wants(t, err, "SEC05")
	if err != nil && strings.Contains(err.Error(), "hush") {
		t.Errorf("the password is shown: %v", err)
	}
}

// TestRoom: a release that does not fit is refused before it is sent.
func TestRoom(t *testing.T) {
	r := releaseFrom(t, nil)
	r.size = 300 << 20
	for out, want := range map[string]string{
		"absent\nroom 9000000 9000000\n": "",
		"absent\n":                       "",
		"changed by hand\nroom 600000 9000000\naaaaaaaaaaaa\n": "/srv has 586 MiB free, and release " + r.id + " needs 600 MiB there; make room, or leave data out of app.source with .foobarignore",
		"absent\nroom 9000000 0\n":                             "/var/lib has 0 MiB free, and release " + r.id + " needs 1 MiB there; make room, or leave data out of app.source with .foobarignore",
	} {
		_, err := r.unpacked().Compare(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": out}})
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%q: %v", out, err)
		}
		if want != "" {
			faulttest.Wants(t, err, "HOST02")
		}
	}
}

// TestPython: an app that asks for another Python than the host has is refused before anything
// is sent, with the system that has it; what a host has built already stays.
func TestPython(t *testing.T) {
	s := serverSiteOf(t, map[string]string{"pyproject.toml": "[project]\nname = \"site\"\nrequires-python = \">=3.12\"\n"}, hostText("web1", "10.0.0.11", "web", "app"))
	h := s.Inv.Host("web1")
	for codename, want := range map[string]string{
		"trixie":   "",
		"bookworm": filepath.Join(s.Inv.App.Source, "pyproject.toml") + " asks for Python >=3.12, and Debian 12 has 3.11; use hosts with Debian 13, or correct it there",
	} {
		s.Facts["web1"] = facts.Facts{OS: "debian", Codename: codename}
		unpacked := wanted(t, AppRelease{}, s, h)[resource.NewID("release", "/srv/foobar/releases/"+s.App.ID+"/.complete")].(resource.Custom)
		_, err := unpacked.Compare(resource.Observed{State: resource.Absent})
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v", codename, err)
		}
		if want != "" {
			faulttest.Wants(t, err, "CLI05")
		}
		if c, err := unpacked.Compare(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": "complete\n"}}); err != nil || len(c.Steps) > 0 {
			t.Errorf("%s: a release that is there: %+v, %v", codename, c, err)
		}
	}
}

// TestOlderWebsockets: an uvicorn that does not start with the websockets that it would find
// gets newer ones.
func TestOlderWebsockets(t *testing.T) {
	m := newMachine(t)
	index := t.TempDir()
	wheel(t, index, "websockets", "10.4")
	wheel(t, index, "websockets", "13.0")
	wheel(t, index, "uvicorn", "0.51.0", [2]string{"uvicorn/__init__.py", ""}, [2]string{"uvicorn/protocols/websockets/auto.py", "import websockets\nassert websockets.version != '10.4'\n"})
	for _, dir := range []string{index, filepath.Dir(index)} {
		m.must(os.Chmod(dir, 0o755))
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", index)
	r := packed(t, map[string]string{"requirements.txt": "uvicorn\nwebsockets<13\n"}) // in Debian's place
	m.bring(r.unpacked())
	if got := m.installed(r, "websockets"); !strings.Contains(got, "13.0") {
		t.Errorf("the websockets are %s", got)
	}
}
