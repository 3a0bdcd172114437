package bundle

import (
	"regexp"

	"github.com/BurntSushi/toml"
)

// Files that say what a Python project needs.
const projectFile, requirementsFile = "pyproject.toml", "requirements.txt"

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
