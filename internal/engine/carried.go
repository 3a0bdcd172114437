package engine

import (
	"bytes"
	"io"
	"unicode/utf8"

	"foobar/internal/resource"
	"foobar/internal/sh"
)

// carriedFile and carriedAll bound, in bytes, a file that comes within the script, and
// all of them: that costs no round trip and no process, but while it is sent nothing is
// heard of the host.
const (
	carriedFile = 64 << 10
	carriedAll  = 512 << 10
)

// carried is shell that prints the content of a file that comes within the script, "" for
// one that is uploaded; room is what is left for further ones. printf is the shell's own:
// the content is in no process's arguments.
func carried(p resource.Put, room *int) (string, error) {
	content := p.Content
	size := len(content)
	if p.Archive != nil {
		size = int(min(p.Archive.Size(), carriedAll))
	}
	if p.File != "" || size > min(carriedFile, *room) {
		return "", nil
	}
	*room -= size
	if p.Archive != nil {
		var err error
		if content, err = io.ReadAll(io.NewSectionReader(p.Archive, 0, p.Archive.Size())); err != nil {
			return "", err
		}
	}
	if utf8.Valid(content) && !bytes.ContainsRune(content, 0) {
		return "printf %s " + sh.Quote(string(content)), nil
	}
	return "printf %s " + encode(string(content)) + " | base64 -d", nil
}
