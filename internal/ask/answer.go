package ask

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
)

// Clock is a part of a question: the host's clock, for Answer.Offset. It must
// come before what takes its time. Source: date(1).
const Clock = "section clock; date +%s.%N\n"

// mostAnswered is how many lines an Answer takes at the most. They are more than
// MostLines because it keeps the text of a section, in which an empty line is one byte.
const mostAnswered = 1 << 20

// Token is a fresh random word: what a host prints by chance, or what others
// make it print, never looks like it.
func Token() string { return "foobar-" + strings.ToLower(rand.Text()) }

// Script makes a script into one whose output is an Answer. In it, the shell
// function
//
//	section NAME…
//
// begins a section, or goes on with it: a line of the token and the name's words.
// All that is printed until the next belongs to it, byte for byte. A section costs
// no process. The token must be in no process's arguments: everybody on the host
// may read them, and what has the token can forge an answer.
func Script(token, script string) string {
	return "ask=" + token + "\nsection(){ printf '\\n%s begin %s\\n' \"$ask\" \"$*\"; }\n" + script + "printf '\\n%s done\\n' \"$ask\"\n"
}

// Ask runs what Script makes of a script and returns the answer. Zero Lines mean a
// million here. An answer that was not heard to its end comes with an error.
func (b Bounds) Ask(ctx context.Context, host Host, script string) (*Answer, error) {
	if b.Lines <= 0 {
		b.Lines = mostAnswered
	}
	a := NewAnswer(Token())
	a.Asked = time.Now()
	var err error
	if a.Status, err = b.Hear(ctx, host, Script(a.token, script), a.Line); err != nil {
		return a, err
	}
	return a, a.Err()
}

// Answer is what a host says to a Script, by section.
type Answer struct {
	// Status is the script's exit status.
	Status int
	// Asked is when the question went out, Heard when the host's clock came in.
	Asked, Heard time.Time

	token    string
	sections map[string]*strings.Builder
	names    []string
	open     *strings.Builder // nil before the first section
	begun    bool             // a line was written to open
	clock    bool             // the clock comes next
	last     []string
	done     bool
}

// NewAnswer is an answer with a token, of which nothing was heard yet.
func NewAnswer(token string) *Answer {
	return &Answer{token: token, sections: map[string]*strings.Builder{}}
}

// Line takes in the next line.
func (a *Answer) Line(line string) {
	frame, isFrame := strings.CutPrefix(line, a.token+" ")
	switch name, begins := strings.CutPrefix(frame, "begin "); {
	case a.done:
	case isFrame && frame == "done":
		a.done = true
	case isFrame && begins:
		a.section(name)
	default:
		a.say(line)
	}
}

func (a *Answer) section(name string) {
	a.open = a.sections[name]
	a.begun = false
	if a.open == nil {
		a.open = &strings.Builder{}
		a.sections[name], a.names = a.open, append(a.names, name)
	}
	a.clock = name == "clock"
}

func (a *Answer) say(line string) {
	if a.clock {
		a.Heard, a.clock = time.Now(), false
	}
	if line != "" {
		if a.last = append(a.last, line); len(a.last) == 2*Last {
			a.last = append(a.last[:0], a.last[Last:]...)
		}
	}
	if a.open == nil {
		return
	}
	// The frame that comes next brings the line break before it.
	if a.begun {
		a.open.WriteByte('\n')
	}
	a.open.WriteString(line)
	a.begun = true
}

// Err is the error of an answer without its end, in which nothing may be
// believed; nil when it is whole.
func (a *Answer) Err() error {
	if a.done {
		return nil
	}
	return fault.Wrap(fault.AnswerCut, errors.New("the host's answer was cut off before its end"))
}

// Last is how many of the last lines an answer keeps.
const Last = 100

// Said are the last lines that are neither frames nor empty, at most Last: they may
// tell why a script was cut off.
func (a *Answer) Said() []string { return a.last[max(0, len(a.last)-Last):] }

// Sections are the names of all sections, in their order.
func (a *Answer) Sections() []string { return a.names }

// Has reports whether there is a section, empty or not.
func (a *Answer) Has(name string) bool { return a.sections[name] != nil }

// Text is all of a section.
func (a *Answer) Text(name string) string {
	if s := a.sections[name]; s != nil {
		return s.String()
	}
	return ""
}

// Lines are the lines of a section that are not empty, at most MostLines.
func (a *Answer) Lines(name string) []string {
	lines := []string{}
	for l := range strings.SplitSeq(a.Text(name), "\n") {
		if len(lines) == MostLines {
			break
		}
		if l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// Offset is the host's clock, as Clock asked for it, less the controller's, known
// to within the second value; ok is false where the host did not say.
func (a *Answer) Offset() (offset, within time.Duration, ok bool) {
	sec, frac, _ := strings.Cut(strings.TrimSpace(a.Text("clock")), ".")
	s, err := strconv.ParseInt(sec, 10, 64)
	if a.Heard.IsZero() || err != nil || s < 0 || s > 1<<40 {
		return 0, 0, false
	}
	nano, _ := strconv.ParseInt(fmt.Sprintf("%.9s", frac+"000000000"), 10, 64)
	within = a.Heard.Sub(a.Asked) / 2
	return time.Unix(s, nano).Sub(a.Asked.Add(within)), within, true
}
