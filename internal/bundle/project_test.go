package bundle

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPython(t *testing.T) {
	for text, want := range map[string]string{
		"[project]\nname = \"a\"\nrequires-python = \">=3.12,<4\"\n":                                ">=3.12,<4",
		"[tool.poetry.dependencies]\npython = \"^3.12\"\nflask = { version = \"*\" }\n":             "^3.12",
		"[project]\nrequires-python = \">=3.11\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\n": ">=3.11",
		"[tool.black]\n": "",
		"[project\n":     "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		b, err := Pack(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if b.Python != want {
			t.Errorf("%q asks for %q, not %q", text, b.Python, want)
		}
	}
}

// TestPythonOfPip: where pip does not build the project, it does not compare its Python.
func TestPythonOfPip(t *testing.T) {
	for text, want := range map[string]string{"flask\n": "", "-e .\n": ">=3.12"} {
		dir := t.TempDir()
		for name, text := range map[string]string{"pyproject.toml": "[project]\nrequires-python = \">=3.12\"\n", "requirements.txt": text, "src/manage.py": "from django.core", "flask/manage.py": "import flask_script"} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b, err := Pack(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if b.Python != want || !b.Django("src/") || b.Django("flask") || b.Django(".") || b.Gunicorn {
			t.Errorf("beside %q: %q, %v", text, b.Python, b.django)
		}
	}
}

func TestItself(t *testing.T) {
	for text, want := range map[string]bool{
		"flask\n-e .\n": true, ".\n": true, " --editable=. # us\r\n": true, ".[prod]\n": true, "./\n": true,
		"flask\n": false, "./lib\n": false, "-e ./lib\n": false, "": false, "# .\n": false,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "requirements.txt"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		b, err := Pack(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if b.Itself != want {
			t.Errorf("%q: %v", text, b.Itself)
		}
	}
}

// TestGunicorn: a gunicorn of the app's own is taken to be there also where a file that is not
// looked into may name it.
func TestGunicorn(t *testing.T) {
	for text, want := range map[string]bool{
		"Gunicorn==20.1\n": true, "flask\n": false, "-e .\n": false, "flask --hash=sha256:0\n": false,
		"-r requirements/production.txt\n": true, "flask\n  --requirement=more.txt\n": true, "flask\n-c constraints.txt\n": true,
		"\xff\xfef\x00l\x00a\x00s\x00k\x00": true, "link": true,
		"[project]\ndynamic = [\n \"version\",\n \"dependencies\"]\n": true, "[project]\ndynamic = [\"version\"]\ndependencies = [\"flask\"]\n": false,
	} {
		dir, name := t.TempDir(), "requirements.txt"
		if text[0] == '[' {
			name = "pyproject.toml"
		}
		if err := os.WriteFile(filepath.Join(dir, "other.txt"), []byte("gunicorn\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		write := func() error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644) }
		if text == "link" {
			write = func() error { return os.Symlink("other.txt", filepath.Join(dir, name)) }
		}
		if err := write(); err != nil {
			t.Fatal(err)
		}
		b, err := Pack(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if b.Gunicorn != want {
			t.Errorf("%q: %v", text, b.Gunicorn)
		}
	}
}
