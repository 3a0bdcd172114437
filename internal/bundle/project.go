package bundle

import (
	"bytes"
	"path"
	"regexp"

	"github.com/BurntSushi/toml"
)

// Files that say what a Python project needs, and one by which Django's are known.
const projectFile, requirementsFile, manageFile = "pyproject.toml", "requirements.txt", "manage.py"

// mostText bounds, in bytes, such a file that is looked into.
const mostText = 1 << 20

// tells reports whether a file of the source is one of these.
func tells(name string) bool {
	return name == projectFile || name == requirementsFile || path.Base(name) == manageFile
}

// reads takes in what they say.
func (b *Bundle) reads(texts map[string]*bytes.Buffer) {
	said := func(name string) []byte {
		if text := texts[name]; text != nil {
			return text.Bytes()
		}
		return nil
	}
	named := said(requirementsFile)
	if b.Itself = itself.Match(named); b.Itself || !b.Has(requirementsFile) {
		b.Python = pythonOf(said(projectFile))
	}
	b.Gunicorn = gunicorn.Match(named) || gunicorn.Match(said(projectFile))
	for _, name := range []string{requirementsFile, projectFile} { // a link is not looked into
		b.Gunicorn = b.Gunicorn || b.Has(name) && texts[name] == nil
	}
	b.django = map[string]bool{}
	for name, text := range texts {
		if path.Base(name) == manageFile && bytes.Contains(text.Bytes(), []byte("django")) {
			b.django[path.Dir(name)] = true
		}
	}
}

// gunicorn is its name, or what may hide it: another file with requirements, those of a project
// that are elsewhere, and UTF-16, as PowerShell writes it.
var gunicorn = regexp.MustCompile(`(?i)\bgunicorn\b|(?m:^\s*(-[rc]|--requirement|--constraint))|\bdynamic\s*=[^\]]*\bdependencies\b|\x00`)

// itself is a line of the latter that names the folder in which it lies.
var itself = regexp.MustCompile(`(?m)^\s*((-e|--editable)[ =]+)?\./?(\[[^\]]*\])?\s*([#;].*)?$`)

// pythonOf is what that file asks of the version of Python: its requires-python or, in a
// project of an older Poetry, what stands beside its packages; "" where it asks for nothing.
// What is wrong in it, the build says.
func pythonOf(text []byte) string {
	var file struct {
		Project struct {
			Python string `toml:"requires-python"`
		}
		Tool struct {
			Poetry struct{ Dependencies map[string]any }
		}
	}
	if err := toml.Unmarshal(text, &file); err != nil {
		return ""
	}
	if python, ok := file.Tool.Poetry.Dependencies["python"].(string); ok && file.Project.Python == "" {
		return python
	}
	return file.Project.Python
}
