package event

import "foobar/internal/fault"

// RunRefused is the only line of a run that was refused before it began: the command
// line, the inventory or a secret is wrong. It has the number 0.
type RunRefused struct {
	Exit   int       `json:"exit"`
	Errors []Problem `json:"errors"`
}

// Problem is one thing that is wrong.
type Problem struct {
	Code fault.Code `json:"code,omitempty"` // in the catalogue: foobar docs CODE
	File string     `json:"file,omitempty"` // the inventory's
	Line int        `json:"line,omitempty"` // in that file, from 1
	Key  string     `json:"key,omitempty"`  // in that file, such as hosts.web1.address
	// Message says what is wrong and, after the last semicolon, what to do about it;
	// Fix is only that.
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

// Type names the event in the JSON form.
func (RunRefused) Type() string { return "run_refused" }
