package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"foobar/internal/action"
	"foobar/internal/ask"
	"foobar/internal/engine"
)

// console is this process's.
func console() action.Console {
	return action.Console{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Asker: lineAsker{},
		Typed: person(), Read: isatty.IsTerminal(os.Stderr.Fd())}
}

// person says that somebody can answer: pipelines set CI, and some have a terminal.
func person() bool {
	return isatty.IsTerminal(os.Stdin.Fd()) && slices.Contains([]string{"", "0", "false"}, os.Getenv("CI"))
}

// drawable says that a view can have the screen, and a person its keys.
func drawable() bool { return person() && capable() }

// capable says that standard output is a terminal that obeys more than line ends.
func capable() bool {
	return isatty.IsTerminal(os.Stdout.Fd()) && !slices.Contains([]string{"", "dumb"}, os.Getenv("TERM"))
}

// bare says that nobody wants colours. Source: no-color.org.
func bare(noColor bool) bool { return noColor || os.Getenv("NO_COLOR") != "" }

func utf8Locale() bool {
	v := strings.ToLower(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_CTYPE"), os.Getenv("LANG")))
	return strings.Contains(strings.ReplaceAll(v, "-", ""), "utf8")
}

// lineAsker asks on the terminal, line by line.
type lineAsker struct{}

// Ask writes the question to standard error and reads one line. Ctrl-C is an
// answer, too: the reading itself would not notice it.
func (lineAsker) Ask(question string, secret bool) (string, error) {
	fmt.Fprint(ask.Safe(os.Stderr), question+": ")
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, action.Ending()...)
	defer signal.Stop(interrupted)
	in := os.Stdin
	fd := int(in.Fd())
	before, _ := term.GetState(fd) // nil without a terminal
	type result struct {
		line string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		line, err := readLine(in, secret)
		got <- result{line, err}
	}()
	select {
	case r := <-got:
		return r.line, r.err
	case <-interrupted:
		if before != nil {
			_ = term.Restore(fd, before) // a password is typed without echo
		}
		fmt.Fprintln(os.Stderr)
		return "", &action.Exit{Code: engine.ExitInterrupted, Err: errors.New("interrupted before the question was answered")}
	}
}

func readLine(in *os.File, secret bool) (string, error) {
	if secret {
		answer, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(os.Stderr)
		if err != nil {
			return "", fmt.Errorf("read from the terminal: %w", err)
		}
		return string(answer), nil
	}
	// A byte at a time: what comes after the line is for the next question.
	var answer []byte
	for b := make([]byte, 1); ; {
		if n, err := in.Read(b); n == 0 || err != nil || b[0] == '\n' {
			return strings.TrimSpace(string(answer)), nil // an empty line is an answer, too: no
		}
		answer = append(answer, b[0])
	}
}
