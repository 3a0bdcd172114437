package engine

import (
	"fmt"
	"io"
)

// sentEach is after how many bytes it is said again how much of a file was sent, at least.
const sentEach = 32 << 20

// sending reads a large file that goes to a host, and says how far it is: ten times, or
// less often where that is each 32 MiB.
type sending struct {
	from       io.Reader
	size, sent int64
	next       int64
	say        func(text string)
}

func newSending(from io.Reader, size int64, say func(string)) *sending {
	return &sending{from: from, size: size, next: max(size/10, sentEach), say: say}
}

// Read implements io.Reader.
func (s *sending) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.sent += int64(n)
	if s.sent >= s.next && s.sent < s.size {
		s.say(fmt.Sprintf("sent %d of %d MiB", s.sent>>20, s.size>>20))
		s.next = s.sent + max(s.size/10, sentEach)
	}
	return n, err
}
