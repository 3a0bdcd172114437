package remote

import (
	"bufio"
	"errors"
)

// lineReader reads lines of a bounded length.
type lineReader struct {
	in   *bufio.Reader
	most int
	line []byte
}

// next returns the next line without its newline, which stays valid until the
// following call. Of a line longer than the bound only the beginning is
// returned, and cut is true. Text before the end of the stream that lacks a
// newline comes with the error.
func (l *lineReader) next() (line []byte, cut bool, err error) {
	l.line = l.line[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		ended := err == nil
		if ended {
			part = part[:len(part)-1]
		}
		if room := l.most - len(l.line); len(part) > room {
			part, cut = part[:room], true
		}
		l.line = append(l.line, part...)
		if ended {
			return l.line, cut, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return l.line, cut, err
		}
	}
}
