package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
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
		Typed: isatty.IsTerminal(os.Stdin.Fd()), Read: isatty.IsTerminal(os.Stderr.Fd())}
}

// drawable says that a view can have the screen, and a person its keys.
func drawable() bool {
	return isatty.IsTerminal(os.Stdin.Fd()) && isatty.IsTerminal(os.Stdout.Fd()) && os.Getenv("TERM") != "dumb"
}

// bare says that nobody wants colours. Source: no-color.org.
func bare(noColor bool) bool { return noColor || os.Getenv("NO_COLOR") != "" }

func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			return strings.Contains(strings.ToLower(strings.ReplaceAll(v, "-", "")), "utf8")
		}
	}
	return false
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
