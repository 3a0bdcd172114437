package remote

import (
	"fmt"

	"golang.org/x/crypto/ssh"
)

// Question is what a host asks before it lets somebody in, such as for a one-time
// password. Its texts are printable, and still those of the host: whoever shows them
// says which host it is.
type Question struct {
	Text string
	Echo bool // the answer may be seen while it is typed
}

// mostQuestions bounds what a host may ask at once.
const mostQuestions = 8

// answer is the ssh.KeyboardInteractiveChallenge. Source: RFC 4256. A host that only
// tells something asks nobody.
func (l *login) answer(name, instruction string, texts []string, echo []bool) ([]string, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	if len(texts) > mostQuestions {
		return nil, fmt.Errorf("the host asks %d questions at once", len(texts))
	}
	questions := make([]Question, len(texts))
	for i, t := range texts {
		questions[i] = Question{Text: clean(t), Echo: echo[i]}
	}
	about := clean(instruction)
	if about == "" {
		about = clean(name)
	}
	var (
		answers []string
		err     error
	)
	l.clock.ask(func() { answers, err = l.keys.opts.Questions(l.keys.s.name, about, questions) })
	if err != nil {
		l.gone = err
	}
	return answers, err
}

var _ ssh.KeyboardInteractiveChallenge = (*login)(nil).answer
