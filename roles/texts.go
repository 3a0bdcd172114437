package roles

import (
	"foobar/internal/resource"
	"foobar/templates"
)

// texts gathers what a role is made of, and keeps the first error for the end:
// nothing is made of what follows an error.
type texts struct{ err error }

// of is the template called name, filled with data; nothing after an error.
func (t *texts) of(name string, data any) []byte {
	if t.err != nil {
		return nil
	}
	return t.text(templates.Render(name, data))
}

// text is a text that may have failed to be made.
func (t *texts) text(text []byte, err error) []byte {
	if t.err == nil {
		t.err = err
	}
	return text
}

// list is resources that may have failed to be made.
func (t *texts) list(list []resource.Resource, err error) []resource.Resource {
	t.text(nil, err)
	return list
}
