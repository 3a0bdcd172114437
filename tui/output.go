package tui

// keepLines bounds what is remembered of a host's output.
const keepLines = 500

// voice is who says a line.
type voice uint8

const (
	said  voice = iota // a step on the host
	step               // a step begins
	good               // a change is done
	bad                // a change failed
	noted              // the run itself
)

type line struct {
	voice voice
	text  string
}

// output is a ring of the last lines. Its zero value is empty.
type output struct {
	lines []line
	first int // the oldest, once the ring is full
}

func (o *output) say(v voice, text string) {
	if n := o.len(); v == step && n > 0 && *o.at(n - 1) == (line{v, text}) {
		return // one step for several changes
	}
	if len(o.lines) < keepLines {
		o.lines = append(o.lines, line{v, text})
		return
	}
	o.lines[o.first] = line{v, text}
	o.first = (o.first + 1) % keepLines
}

func (o *output) len() int { return len(o.lines) }

// at is the i-th line from the oldest.
func (o *output) at(i int) *line { return &o.lines[(o.first+i)%len(o.lines)] }

// last are the last lines of one voice since the step began.
func (o *output) last(v voice, most int) []string {
	var lines []string
	for i := o.len() - 1; i >= 0 && len(lines) < most && o.at(i).voice == v; i-- {
		lines = append([]string{o.at(i).text}, lines...)
	}
	return lines
}

// newest is the last line a step said, or "".
func (o *output) newest() string {
	if n := o.len(); n > 0 && o.at(n-1).voice == said {
		return o.at(n - 1).text
	}
	return ""
}
