package engine

import (
	"bytes"
	"io"
	"slices"
	"testing"
)

// TestSending: a large file is spoken of on its way, a small one is not.
func TestSending(t *testing.T) {
	for size, want := range map[int][]string{
		10 << 20:  nil,
		100 << 20: {"sent 32 of 100 MiB", "sent 64 of 100 MiB", "sent 96 of 100 MiB"},
	} {
		var said []string
		r := newSending(io.LimitReader(zeros{}, int64(size)), int64(size), func(text string) { said = append(said, text) })
		if n, err := io.CopyBuffer(onlyWriter{}, r, make([]byte, 1<<20)); n != int64(size) || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		if !slices.Equal(said, want) {
			t.Errorf("of %d MiB was said %q", size>>20, said)
		}
	}
	if got, err := io.ReadAll(newSending(bytes.NewReader([]byte("text")), 4, nil)); string(got) != "text" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// onlyWriter has no ReadFrom, which would choose a buffer of its own.
type onlyWriter struct{}

func (onlyWriter) Write(p []byte) (int, error) { return len(p), nil }
