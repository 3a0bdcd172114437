package action

import (
	"os"
	"path/filepath"
	"testing"

	"foobar/internal/bundle"
)

// TestImportable: the module of the entry point is looked for where Python will look.
func TestImportable(t *testing.T) {
	for _, c := range []struct {
		files            []string
		pythonPath, name string
		want             bool
	}{
		{[]string{"wsgi.py"}, "", "wsgi", true},
		{[]string{"mysite/wsgi.py"}, "", "mysite/wsgi", true},
		{[]string{"mysite/__init__.py"}, "", "mysite", true},
		{[]string{"src/mysite/wsgi.py"}, "", "mysite/wsgi", false},
		{[]string{"src/mysite/wsgi.py"}, "lib:src", "mysite/wsgi", true},
		{[]string{"src/mysite/wsgi.py", "pyproject.toml"}, "", "mysite/wsgi", true},
		{[]string{"src/mysite/wsgi.py", "pyproject.toml", "requirements.txt"}, "", "mysite/wsgi", false},
		{[]string{"src/mysite/asgi.py", "pyproject.toml"}, "src", "mysite/wsgi", false},
		{[]string{"app.py"}, "/opt/lib", "wsgi", false},
	} {
		dir := t.TempDir()
		for _, name := range c.files {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b, err := bundle.Pack(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if got := importable(b, c.pythonPath, c.name); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
