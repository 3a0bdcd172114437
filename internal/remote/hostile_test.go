package remote_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/fault"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// soon is what no call may take longer than, whatever the host does; far more
// than the times set in these tests, for machines that are busy.
const soon = 10 * time.Second

// promptly runs a call and fails when it does not end.
func promptly(t *testing.T, what string, call func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-time.After(soon):
		t.Fatalf("%s hangs", what)
		return nil
	}
}

func short(t *testing.T) context.Context { return within(t, 100*time.Millisecond) }

// TestStallsOnTheWay: wherever a server stops before there is a root shell, the
// time to connect ends the waiting, and so does the caller.
func TestStallsOnTheWay(t *testing.T) {
	for _, at := range []sshtest.Stall{sshtest.AtAccept, sshtest.AtBanner, sshtest.AtKex, sshtest.AtAuth, sshtest.AtChannel, sshtest.AtExec} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			o := options(sshtest.Start(t, sshtest.Config{Stall: at}))
			o.ConnectTimeout = 300 * time.Millisecond
			var e *remote.Error
			if err := promptly(t, "Dial", func() error { _, err := remote.Dial(context.Background(), o); return err }); !errors.As(err, &e) || e.Code == "" {
				t.Errorf("the time to connect: %v", err)
			}
			o.ConnectTimeout = time.Hour
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			if err := promptly(t, "Dial", func() error { _, err := remote.Dial(ctx, o); return err }); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the caller's time: %v", err)
			}
		})
	}
}

// request is one that the shell of a host was sent.
type request struct {
	verb, token string
	channel     ssh.Channel
	server      *sshtest.Server
}

func (r request) say(format string, args ...any) { fmt.Fprintf(r.channel, format, args...) }

// stay keeps the channel open.
func (r request) stay() { <-r.server.Gone }

// lying starts a server whose root shell answers as it likes.
func lying(t *testing.T, answer func(r request)) *sshtest.Server {
	var s *sshtest.Server
	ready := make(chan struct{})
	s = sshtest.Start(t, sshtest.Config{Session: func(command string, c ssh.Channel) bool {
		<-ready
		if !strings.Contains(command, "foobar.XXXXXX") {
			return false
		}
		sshtest.Ready(command, c, s.RunDir+"/foobar.x")
		in := bufio.NewReader(c)
		for {
			line, err := in.ReadString('\n')
			word := strings.Fields(line)
			if err != nil || len(word) < 3 {
				return true
			}
			if size, err := strconv.Atoi(word[2]); err == nil && word[0] != "deaf" {
				_, _ = io.CopyN(io.Discard, in, int64(size))
			}
			answer(request{word[0], word[1], c, s})
		}
	}})
	close(ready)
	return s
}

func endless(w io.Writer, text string, gone chan struct{}) {
	for {
		if _, err := io.WriteString(w, text); err != nil {
			return
		}
		select {
		case <-gone:
			return
		default:
		}
	}
}

// TestShellThatLies: no answer of the root shell holds any call beyond its time,
// and what is forged is no answer.
func TestShellThatLies(t *testing.T) {
	for name, answer := range map[string]func(r request){
		"silent":        func(r request) { r.stay() },
		"begins":        func(r request) { r.say("\n%s begin\n", r.token); r.stay() },
		"endless lines": func(r request) { r.say("\n%s begin\n", r.token); endless(r.channel, "x\n", r.server.Gone) },
		"empty lines": func(r request) {
			r.say("\n%s begin\n", r.token)
			endless(r.channel, strings.Repeat("\n", 9999), r.server.Gone)
		},
		"one endless line": func(r request) {
			r.say("\n%s begin\n", r.token)
			endless(r.channel, strings.Repeat("x", 9999), r.server.Gone)
		},
		"byte by byte":      func(r request) { r.say("\n%s begin\n", r.token); r.server.Drip(r.channel, "x") },
		"noise for a start": func(r request) { endless(r.channel, "noise\n", r.server.Gone) },
		"stderr":            func(r request) { endless(r.channel.Stderr(), "noise\n", r.server.Gone) },
		"forged ends": func(r request) {
			r.say("\n%s begin\nfoobar-x 0\n%sx 0\n%s 0x\n %s 0\n%s 99999999999999999999\n", r.token, r.token, r.token, r.token, r.token)
			r.stay()
		},
		"half an end": func(r request) { r.say("\n%s begin\n%s ", r.token, r.token); r.stay() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(lying(t, answer))
			o.Grace = 20 * time.Millisecond
			h := dial(t, o)
			if err := promptly(t, "Run", func() error { _, err := h.Run(short(t), "true", nil); return err }); err == nil {
				t.Error("Run believed it")
			}
			if err := promptly(t, "Run after Run", func() error { _, err := h.Run(short(t), "true", nil); return err }); err == nil {
				t.Error("Run believed it the second time")
			}
			if err := promptly(t, "Lock", func() error { err := h.Lock(short(t), time.Hour, "me"); return err }); err == nil {
				t.Error("Lock believed it")
			}
			_ = promptly(t, "Kill", func() error { return h.Kill(short(t)) })
			_ = promptly(t, "Close", h.Close)
		})
	}
}

// TestLockHasATimeOfItsOwn: a host that never says whether it is locked is not
// waited for as one that is.
func TestLockHasATimeOfItsOwn(t *testing.T) {
	t.Parallel()
	o := options(lying(t, func(r request) { r.say("\n%s begin\n", r.token); r.server.Drip(r.channel, "x\n") }))
	o.ConnectTimeout = 300 * time.Millisecond
	h := dial(t, o)
	err := promptly(t, "Lock", func() error { err := h.Lock(context.Background(), 0, "me"); return err })
	if !errors.Is(err, remote.ErrTransport) || fault.Of(err) != fault.HostSilent {
		t.Errorf("%v", err)
	}
}

// TestAnswerBeforeTheQuestion: a request that was answered before it was read
// holds up the next one no longer than that one's context.
func TestAnswerBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	var s *sshtest.Server
	ready := make(chan struct{})
	s = sshtest.Start(t, sshtest.Config{Session: func(command string, c ssh.Channel) bool {
		<-ready
		sshtest.Ready(command, c, s.RunDir+"/foobar.x")
		line, _ := bufio.NewReaderSize(c, 16).ReadString('\n') // the script is never read
		token := strings.Fields(line)[1]
		fmt.Fprintf(c, "\n%s begin\n\n%s 0\n", token, token)
		<-s.Gone
		return true
	}})
	close(ready)
	h := dial(t, options(s))
	long := strings.Repeat("#\n", 8<<20)
	if status, err := h.Run(within(t, soon), long, nil); err != nil || status != 0 {
		t.Fatal(status, err)
	}
	err := promptly(t, "Run", func() error { _, err := h.Run(short(t), "true", nil); return err })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	_ = promptly(t, "Close", h.Close)
}

// TestOutputThatKillDoesNotEnd: a script that prints without end and outlives
// its killing costs the connection.
func TestOutputThatKillDoesNotEnd(t *testing.T) {
	t.Parallel()
	o := options(lying(t, func(r request) {
		r.say("\n%s begin\n", r.token)
		endless(r.channel, strings.Repeat("x", 1<<16)+"\n", r.server.Gone)
	}))
	o.Grace = 20 * time.Millisecond
	h := dial(t, o)
	n := 0
	err := promptly(t, "Run", func() error {
		_, err := h.Run(context.Background(), "true", func(l string) { n += len(l) })
		return err
	})
	if !errors.Is(err, remote.ErrOutput) || n > remote.MaxOutput {
		t.Errorf("after %d bytes: %v", n, err)
	}
}

// sftpPacket is one as the protocol frames it.
func sftpPacket(kind byte, body ...byte) string {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(body)+1))
	return string(append(append(head, kind), body...))
}

// TestFilesOfAHostThatStalls: a copy ends with its context and when nothing
// moves, wherever the SFTP server stops or lies, and so does Close.
func TestFilesOfAHostThatStalls(t *testing.T) {
	version := sftpPacket(2, 0, 0, 0, 3)
	for name, serve := range map[string]func(s *sshtest.Server, c ssh.Channel){
		"before the handshake": func(s *sshtest.Server, c ssh.Channel) { <-s.Gone },
		"in the handshake":     func(s *sshtest.Server, c ssh.Channel) { _, _ = io.WriteString(c, version[:3]); <-s.Gone },
		"a slow handshake":     func(s *sshtest.Server, c ssh.Channel) { s.Drip(c, version[:4]+"\x02") },
		"after the handshake":  func(s *sshtest.Server, c ssh.Channel) { _, _ = io.WriteString(c, version); <-s.Gone },
		"slow after it":        func(s *sshtest.Server, c ssh.Channel) { _, _ = io.WriteString(c, version); s.Drip(c, "\x00") },
		"a packet without end": func(s *sshtest.Server, c ssh.Channel) { _, _ = io.WriteString(c, version+"\xff\xff\xff\xff"); <-s.Gone },
		"answers to nobody": func(s *sshtest.Server, c ssh.Channel) {
			_, _ = io.WriteString(c, version)
			endless(c, sftpPacket(101, 9, 9, 9, 9, 0, 0, 0, 0), s.Gone)
		},
		"garbage":                func(s *sshtest.Server, c ssh.Channel) { endless(c, "garbage\n", s.Gone) },
		"a handle and then none": func(s *sshtest.Server, c ssh.Channel) { opens(c, version); <-s.Gone },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s *sshtest.Server
			ready := make(chan struct{})
			s = sshtest.Start(t, sshtest.Config{Session: func(command string, c ssh.Channel) bool {
				<-ready
				if !strings.Contains(command, "sftp-server") {
					return false
				}
				sshtest.Ready(command, c, "yes")
				serve(s, c)
				return true
			}})
			close(ready)
			for what, do := range map[string]func(context.Context, *remote.Host) error{
				"Upload": func(ctx context.Context, h *remote.Host) error {
					return h.Upload(ctx, "/x", 0o600, 1, strings.NewReader("x"))
				},
				"Download": func(ctx context.Context, h *remote.Host) error {
					_, err := h.Download(ctx, "/x", 99, &bytes.Buffer{})
					return err
				},
			} {
				o := options(s)
				o.Stall, o.Grace = time.Hour, 20*time.Millisecond
				h := dial(t, o)
				if err := promptly(t, what, func() error { return do(short(t), h) }); err == nil {
					t.Errorf("%s went through", what)
				}
				_ = promptly(t, "Close", h.Close)
				o.ConnectTimeout, o.Stall = brief(t), 100*time.Millisecond
				h = dial(t, o)
				var e *remote.Error
				if err := promptly(t, what+" without a context", func() error { return do(context.Background(), h) }); err == nil {
					t.Errorf("%s went through", what)
				} else if errors.As(err, &e) && e.Kind != remote.ErrTransport {
					t.Errorf("%s: %v", what, err)
				}
				_ = promptly(t, "Close", h.Close)
			}
		})
	}
}

// opens greets, and gives a handle for the first question that is no greeting.
func opens(c ssh.Channel, version string) {
	_, _ = io.WriteString(c, version)
	for range 2 {
		var size uint32
		if binary.Read(c, binary.BigEndian, &size) != nil || size > 1<<16 {
			return
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		if body[0] != 1 { // SSH_FXP_INIT
			_, _ = io.WriteString(c, sftpPacket(102, append(append([]byte{}, body[1:5]...), 0, 0, 0, 1, 'h')...))
		}
	}
}

// TestCloseBesideAHandshake: Close does not wait for a handshake under way.
func TestCloseBesideAHandshake(t *testing.T) {
	t.Parallel()
	var s *sshtest.Server
	begun := make(chan struct{})
	s = sshtest.Start(t, sshtest.Config{Session: func(command string, c ssh.Channel) bool {
		if !strings.Contains(command, "sftp-server") {
			return false
		}
		sshtest.Ready(command, c, "yes")
		close(begun)
		<-s.Gone
		return true
	}})
	o := options(s)
	o.ConnectTimeout = time.Hour
	h := dial(t, o)
	done := make(chan error, 1)
	go func() { done <- h.Upload(context.Background(), "/x", 0o600, 1, strings.NewReader("x")) }()
	<-begun
	_ = promptly(t, "Close", h.Close)
	if err := promptly(t, "Upload", func() error { return <-done }); !errors.Is(err, remote.ErrTransport) {
		t.Errorf("%v", err)
	}
}

// TestDeafHost: one that reads nothing more, but keeps the connection alive by
// talking, holds up neither a call nor Close.
func TestDeafHost(t *testing.T) {
	t.Parallel()
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	o.Grace, o.ConnectTimeout, o.Keepalive, o.Stall = 50*time.Millisecond, brief(t), 50*time.Millisecond, 100*time.Millisecond
	h := dial(t, o)
	big := strings.Repeat("#\n", 16<<20)
	err := promptly(t, "Run", func() error {
		_, err := h.Run(within(t, time.Second), "while :; do echo x; sleep 0.01; done", func(string) { s.Deafen() })
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the host was to stay: %v", err)
	}
	_ = promptly(t, "Run", func() error { _, err := h.Run(short(t), big, nil); return err })
	_ = promptly(t, "Kill", func() error { return h.Kill(short(t)) })
	_ = promptly(t, "Signal", func() error { return h.Signal(short(t), "true") })
	_ = promptly(t, "Signal without a context", func() error { return h.Signal(context.Background(), "true") })
	_ = promptly(t, "Upload", func() error {
		return h.Upload(context.Background(), "/x", 0o600, int64(len(big)), strings.NewReader(big))
	})
	_ = promptly(t, "Close", h.Close)
}

// TestDeafJumpHost: the same of a jump host, for the host behind it.
func TestDeafJumpHost(t *testing.T) {
	t.Parallel()
	jump := sshtest.Start(t, sshtest.Config{})
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	o.ProxyJump = "root@" + jump.Addr()
	o.KnownHosts = append(o.KnownHosts, jump.KnownHosts)
	o.Identities = append(o.Identities, jump.ClientKeyFile)
	o.Grace, o.ConnectTimeout = 50*time.Millisecond, 2*brief(t) // two logins
	h := dial(t, o)
	jump.Deafen()
	_ = promptly(t, "Run", func() error { _, err := h.Run(short(t), strings.Repeat("#\n", 16<<20), nil); return err })
	_ = promptly(t, "Close", h.Close)
}
