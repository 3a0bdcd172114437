package bundle_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/bundle"
)

// folder makes an application of three files.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "wsgi.py", "app = None\n", 0o644)
	put(t, dir, "bin/migrate", "#!/bin/sh\n", 0o755)
	put(t, dir, "requirements.txt", "flask\n", 0o600)
	return dir
}

func put(t *testing.T, dir, name, text string, mode fs.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
}

func pack(t *testing.T, dir string) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Pack(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestIDIsOfTheContent(t *testing.T) {
	dir := folder(t)
	first := pack(t, dir)
	if len(first.ID) != 12 || strings.Trim(first.ID, "0123456789abcdef") != "" {
		t.Errorf("ID %q; want 12 hex digits", first.ID)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "wsgi.py"), later, later); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "requirements.txt", "flask\n", 0o640) // for the group: no program: the mode of the release does not follow
	put(t, dir, ".git/HEAD", "ref", 0o644)
	put(t, dir, "bin/__pycache__/x.cpython-313.pyc", "x", 0o644)
	put(t, dir, "wsgi.pyc", "x", 0o644)
	if again := pack(t, dir); again.ID != first.ID {
		t.Errorf("%s became %s although no content changed", first.ID, again.ID)
	}
	put(t, dir, "requirements.txt", "flask\n", 0o600)
	elsewhere := folder(t)
	if other := pack(t, elsewhere); other.ID != first.ID {
		t.Error("the same content in another folder has another ID")
	}
	seen := map[string]string{first.ID: "the start"}
	for _, change := range []struct {
		what string
		do   func()
	}{
		{"content", func() { put(t, dir, "wsgi.py", "app = 1\n", 0o644) }},
		{"mode", func() { put(t, dir, "wsgi.py", "app = 1\n", 0o755) }},
		{"who may read", func() { put(t, dir, "wsgi.py", "app = 1\n", 0o700) }},
		{"a link", func() { _ = os.Symlink("wsgi.py", filepath.Join(dir, "link")) }},
		{"where a link leads", func() {
			_ = errors.Join(os.Remove(filepath.Join(dir, "link")), os.Symlink("requirements.txt", filepath.Join(dir, "link")))
		}},
		{"a new file", func() { put(t, dir, "new.py", "", 0o644) }},
		{"a name", func() { _ = os.Rename(filepath.Join(dir, "new.py"), filepath.Join(dir, "newer.py")) }},
		{"an empty folder", func() { _ = os.Mkdir(filepath.Join(dir, "empty"), 0o755) }},
	} {
		change.do()
		id := pack(t, dir).ID
		if before, ok := seen[id]; ok {
			t.Errorf("after a change of %s the ID is that of %s", change.what, before)
		}
		seen[id] = change.what
	}
}

// TestArchive: files, folders and links are as in the source, for the app and nobody else
// where the source is not for everybody.
func TestArchive(t *testing.T) {
	dir := folder(t)
	when := time.Date(2024, 3, 2, 1, 0, 0, 5e8, time.UTC)
	npm := time.Date(1985, 10, 26, 8, 15, 0, 0, time.UTC) // of every file that it installs
	put(t, dir, "static/a.css", "a", 0o644)
	put(t, dir, "static/old.css", "o", 0o666)
	put(t, dir, "static/older.css", "p", 0o644)
	put(t, dir, "secret/key.json", "{}", 0o600)
	for _, err := range []error{
		os.Chmod(filepath.Join(dir, "secret"), 0o700),
		os.Chtimes(filepath.Join(dir, "static/a.css"), when, when),
		os.Chtimes(filepath.Join(dir, "static/old.css"), time.Unix(0, 0), time.Unix(0, 0)),
		os.Chtimes(filepath.Join(dir, "static/older.css"), npm, npm),
		os.Symlink("a.css", filepath.Join(dir, "static/link.css")),
		os.Symlink("static", filepath.Join(dir, "assets")),
		os.Symlink(filepath.Join(dir, "wsgi.py"), filepath.Join(dir, "static/absolute")),
		os.Symlink("../"+filepath.Base(dir)+"/wsgi.py", filepath.Join(dir, "round")),
		os.Symlink("somebody@host.123:456", filepath.Join(dir, ".#wsgi.py")),
		os.Symlink("nothing", filepath.Join(dir, "nowhere")),
		os.Symlink("../wsgi.py/app", filepath.Join(dir, "static/through")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	b := pack(t, dir)
	got, times := read(t, b.Archive())
	for name, want := range map[string]string{
		"wsgi.py": "-rw-r--r-- app = None\n", "bin/": "drwxr-xr-x ", "bin/migrate": "-rwxr-xr-x #!/bin/sh\n",
		"requirements.txt": "-rw-r----- flask\n", "static/": "drwxr-xr-x ", "static/a.css": "-rw-r--r-- a", "static/old.css": "-rw-r--r-- o", "static/older.css": "-rw-r--r-- p",
		"secret/": "drwxr-x--- ", "secret/key.json": "-rw-r----- {}",
		"static/link.css": "Lrwxrwxrwx a.css", "assets": "Lrwxrwxrwx static", "static/absolute": "Lrwxrwxrwx ../wsgi.py", "round": "Lrwxrwxrwx wsgi.py",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("there is more in it: %v", got)
	}
	if !times["static/a.css"].Equal(when.Truncate(time.Second)) {
		t.Errorf("a.css is of %s, in the source of %s", times["static/a.css"], when)
	}
	one, other := times["static/old.css"], times["static/older.css"]
	if one.Year() < 1980 || other.Year() < 1980 || other.Year() > 2000 {
		t.Errorf("files without a time of their own are of %s and %s", one, other)
	}
	if put(t, dir, "static/older.css", "o", 0o644); one.Equal(other) || os.Chtimes(filepath.Join(dir, "static/older.css"), npm, npm) != nil {
		t.Errorf("both are of %s: an ETag is made of time and size", one)
	}
	if _, again := read(t, pack(t, dir).Archive()); !again["static/older.css"].Equal(one) {
		t.Errorf("the same content is of %s and %s", one, again["static/older.css"])
	}
	if want := []string{".#wsgi.py", "nowhere (a link to nothing)", "static/through (a link to nothing)"}; !slices.Equal(b.LeftOut, want) {
		t.Errorf("left out: %q, want %q", b.LeftOut, want)
	}
	if !b.Has("requirements.txt") || !b.Has("static/") || !b.Has("round") || b.Has("nothing.txt") {
		t.Error("Has does not know what is in it")
	}
}

// TestSourceIsALink: a link to a folder, as "current" of a checkout is, packs as the folder,
// and messages have the name that was given.
func TestSourceIsALink(t *testing.T) {
	dir := folder(t)
	link := filepath.Join(t.TempDir(), "current")
	for _, err := range []error{os.Symlink(dir, link), os.Symlink(filepath.Join(link, "wsgi.py"), filepath.Join(dir, "through"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := pack(t, link), pack(t, dir); got.ID != want.ID || !got.Has("bin/migrate") || !got.Has("through") {
		t.Errorf("the link packs as %s, the folder as %s", got.ID, want.ID)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Pack(link); err == nil || !strings.Contains(err.Error(), "pack "+link+": pipe is neither") {
		t.Errorf("%v", err)
	}
}

// TestIgnored: what is left out is named, and .foobarignore has the last word, as
// gitignore(5) says.
func TestIgnored(t *testing.T) {
	dir := folder(t)
	for _, name := range []string{".env", "venv/x", "node_modules/a.js", "static/node_modules/b.js", "a.py~", ".wsgi.py.swp", ".git/HEAD", "x.pyc",
		"data/big.bin", "data/keep.bin", "docs/notes.md", "docs/deep/notes.md", "notes.md", "with space "} {
		put(t, dir, name, "x", 0o644)
	}
	put(t, dir, ".foobarignore", "# big things\r\n/data/*\n!/data/keep.bin\n!static/node_modules\nwith\\ space\\ \n", 0o644)
	put(t, dir, "docs/.foobarignore", "notes.md\n!deep/notes.md\n", 0o644)
	b := pack(t, dir)
	if want := []string{".env", ".wsgi.py.swp", "a.py~", "data/big.bin", "docs/notes.md", "node_modules", "venv", "with space "}; !slices.Equal(b.LeftOut, want) {
		t.Errorf("left out:\n%q, want\n%q", b.LeftOut, want)
	}
	for _, name := range []string{"static/node_modules/b.js", "data/keep.bin", "docs/deep/notes.md", "notes.md"} {
		if !b.Has(name) {
			t.Errorf("%s is not in it", name)
		}
	}
	for _, name := range []string{".foobarignore", ".git", "x.pyc", ".env"} {
		if b.Has(name) {
			t.Errorf("%s is in it", name)
		}
	}
}

// read gives mode and content of each entry, or where it leads, and its time.
func read(t *testing.T, archive io.Reader) (entries map[string]string, times map[string]time.Time) {
	t.Helper()
	z, err := gzip.NewReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	entries, times = map[string]string{}, map[string]time.Time{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries, times
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.ModTime.Nanosecond() != 0 {
			t.Errorf("%s tells of the machine it was packed on: %+v", h.Name, h)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		entries[h.Name], times[h.Name] = h.FileInfo().Mode().String()+" "+string(data)+h.Linkname, h.ModTime
	}
}

// TestMadeHere: a virtual environment and a tool's cache are left out whatever they are
// called, unless a .foobarignore takes one back, and so is a socket. None of them makes
// another release.
func TestMadeHere(t *testing.T) {
	dir := folder(t)
	before := pack(t, dir).ID
	const tag = "Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache.\n"
	put(t, dir, "env/pyvenv.cfg", "home = /usr/bin\n", 0o644)
	put(t, dir, "tools/py 3/pyvenv.cfg", "home = /usr/bin\n", 0o644)
	put(t, dir, ".mypy_cache/CACHEDIR.TAG", tag, 0o644)
	put(t, dir, "kept/CACHEDIR.TAG", tag, 0o644)
	put(t, dir, "other/CACHEDIR.TAG", "Signature: of something else, and longer than that of a cache\n", 0o644)
	put(t, dir, "short/CACHEDIR.TAG", "Sig", 0o644)
	if err := os.Symlink("/usr/bin/python3", filepath.Join(dir, "env", "python")); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "app.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	put(t, dir, ".foobarignore", "!/kept\n", 0o644)
	b := pack(t, dir)
	if want := []string{".mypy_cache (a cache)", "app.sock (a socket)", "env (a virtual environment)", "tools/py 3 (a virtual environment)"}; !slices.Equal(b.LeftOut, want) {
		t.Errorf("left out: %q, not %q", b.LeftOut, want)
	}
	for _, name := range []string{"kept/CACHEDIR.TAG", "other/CACHEDIR.TAG", "short/CACHEDIR.TAG", "tools"} {
		if !b.Has(name) {
			t.Errorf("%s is not in it", name)
		}
	}
	for _, name := range []string{"kept", "other", "short", "tools"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := pack(t, dir).ID; got != before {
		t.Errorf("the release is %s, and %s without what is left out", got, before)
	}
}

func TestPackRefuses(t *testing.T) {
	outside := folder(t)
	link := func(target string) func(string) error {
		return func(dir string) error { return os.Symlink(target, filepath.Join(dir, "link")) }
	}
	for name, c := range map[string]struct {
		make func(dir string) error
		want string
	}{
		"link out":         {link(filepath.Join(outside, "wsgi.py")), "link"},
		"relative":         {link("../../../../../../../../etc/passwd"), "link"},
		"link in a circle": {link("link"), "follow the link link: "},
		"link to a secret": {link(".env"), "link is a link to .env, which is never packed"},
		"link into .git":   {link(".git/config"), "link is a link to .git/config, which is never packed"},
		"link to a cache":  {link("cache/x"), "link is a link to cache/x, which is never packed"},
		"link over a link": {link("other"), "is a link to .env, which is never packed"},
		"link to compiled": {link("wsgi.pyc"), "link is a link to wsgi.pyc, which is never packed"},
		"pipe":             {func(dir string) error { return syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600) }, "pipe is neither a file nor a folder; remove it, or name it in .foobarignore"},
	} {
		dir := folder(t)
		for _, hidden := range []string{".env", ".git/config", "wsgi.pyc", "cache/x"} {
			put(t, dir, hidden, "password=secret\n", 0o600)
		}
		put(t, dir, "cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n", 0o644)
		if name == "link over a link" {
			if err := os.Symlink(".env", filepath.Join(dir, "other")); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.make(dir); err != nil {
			t.Fatal(err)
		}
		b, err := bundle.Pack(dir)
		if err == nil || b != nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v, %v; want an error with %q and the folder", name, b, err, c.want)
		}
	}
	for name, dir := range map[string]string{"empty": t.TempDir(), "absent": "/nonexistent/app"} {
		if b, err := bundle.Pack(dir); err == nil || b != nil {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
}

// TestMayNotBeRead: the error names the folder or the file, and what to do. Root reads all.
func TestMayNotBeRead(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	for name, mode := range map[string]fs.FileMode{"db": 0, "db/": 0o600, "db//": 0o300, "db/data": 0o200, "db/.foobarignore": 0} {
		dir := folder(t)
		for _, file := range []string{"db/data", "db/.foobarignore"} {
			put(t, dir, file, "x", 0o600)
		}
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
		_, err := bundle.Pack(dir)
		if want := "pack " + dir + ": " + strings.TrimRight(name, "/") + " may not be read (permission denied); change that, or name it in .foobarignore"; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, not %s", err, want)
		}
		put(t, dir, ".foobarignore", "db\n", 0o644)
		if b := pack(t, dir); b.Has("db") {
			t.Errorf("%s is packed", name)
		}
		_ = os.Chmod(filepath.Join(dir, "db"), 0o700)
	}
}

// TestNothingIsLeftBehind: neither a refused folder nor a packed one has a file in
// the temporary folder, not even while the archive is in use: the process may be
// killed at any time.
func TestNothingIsLeftBehind(t *testing.T) {
	tmp := t.TempDir()
	dir := folder(t)
	t.Setenv("TMPDIR", tmp)
	if _, err := bundle.Pack("/nonexistent/app"); err == nil {
		t.Fatal("no error")
	}
	b := pack(t, dir)
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for range 2 {
		if entries, _ := read(t, b.Archive()); len(entries) != 4 {
			t.Error("the archive cannot be read twice")
		}
	}
}

// TestTooMuchIsNotRead: a file that is larger than any release is refused by its
// size, before a byte of it is in memory.
func TestTooMuchIsNotRead(t *testing.T) {
	dir := folder(t)
	file, err := os.Create(filepath.Join(dir, "dump.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(3<<30), file.Close()); err != nil { // sparse
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b, err := bundle.Pack(dir)
	runtime.ReadMemStats(&after)
	if err == nil || b != nil || !strings.Contains(err.Error(), "more than 2048 MiB with dump.sql") {
		t.Errorf("%v, %v", b, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
		t.Errorf("the refusal took %d MiB of memory", took>>20)
	}
}

// TestLargeSourcesStream: what is packed goes to the disk piece by piece, and so it comes
// from there.
func TestLargeSourcesStream(t *testing.T) {
	dir := folder(t)
	const size = 200 << 20
	file, err := os.Create(filepath.Join(dir, "model.bin"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(size), file.Close()); err != nil { // sparse
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b := pack(t, dir)
	n, err := io.Copy(io.Discard, b.Archive())
	runtime.ReadMemStats(&after)
	if err != nil || n != b.Archive().Size() {
		t.Errorf("%d bytes, %v", n, err)
	}
	if b.Unpacked() < size || b.Unpacked() > size+1024 {
		t.Errorf("unpacked it is said to have %d bytes", b.Unpacked())
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
		t.Errorf("packing %d MiB took %d KiB of memory", size>>20, took>>10)
	}
}
