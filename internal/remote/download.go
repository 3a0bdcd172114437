package remote

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/pkg/sftp"
)

// Download reads a file as root and writes its bytes to w, at most the given
// number of them; a longer file is an error.
func (h *Host) Download(ctx context.Context, path string, most int64, w io.Writer) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var n int64
	err := h.transfer(ctx, "reading "+clean(path), func(client *sftp.Client) (err error) {
		n, err = get(client, path, &bounded{w: w, left: most, traffic: &h.files.traffic})
		return err
	})
	var lost *Error
	if err != nil && ctx.Err() == nil && !errors.As(err, &lost) {
		return n, fmt.Errorf("%s: read %s: %w", h.Name(), clean(path), err)
	}
	return n, err
}

func get(client *sftp.Client, path string, to *bounded) (int64, error) {
	f, err := client.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.WriteTo(to)
}

// bounded refuses more bytes than it was told of.
type bounded struct {
	w       io.Writer
	left    int64
	traffic *traffic
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		return 0, errors.New("the file is longer than announced")
	}
	n, err := b.traffic.local(func() (int, error) { return b.w.Write(p) })
	b.left -= int64(n)
	return n, err
}
