package roles

import "foobar/templates"

// texts renders templates, and keeps the first error for the end.
type texts struct{ err error }

// of is the template called name, filled with data; nothing after an error.
func (t *texts) of(name string, data any) []byte {
	if t.err != nil {
		return nil
	}
	var text []byte
	text, t.err = templates.Render(name, data)
	return text
}
