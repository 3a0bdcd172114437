// Package sshtest is an SSH server within a test: real "sh" behind a real
// handshake on a loopback port, with a sudo, an id and an sftp-server of its own
// in $PATH. Nothing it runs has more rights than the test.
package sshtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Sudo is how the server's sudo behaves.
type Sudo string

// The ways of sudo.
const (
	SudoFree    Sudo = "free"    // wants no password
	SudoAsks    Sudo = "asks"    // wants Config.Password
	SudoRefuses Sudo = "refuses" // does not know the user
	SudoMissing Sudo = "missing" // is not installed
)

// Config is how a server differs from the plain one, which admits everybody
// who has ClientKey.
type Config struct {
	Sudo     Sudo   // default SudoFree
	Password string // for SudoAsks
	// Shell replaces the login shell "/bin/sh"; it is called with -c COMMAND.
	Shell string
	// Banner is printed by the login before every command, as by a chatty .bashrc.
	Banner string
	// OnlyKey, when set, is the one key that is admitted.
	OnlyKey ssh.PublicKey
	// Login, when set, changes how the server lets clients in.
	Login func(*ssh.ServerConfig)
	// HostKey is the server's key; default a fresh one. MoreKeys are of other kinds,
	// or certificates.
	HostKey  ssh.Signer
	MoreKeys []ssh.Signer
	// Offers are the keys that the server says it has once somebody has logged in, as
	// sshd does; where it is asked to prove that, it signs with them.
	Offers []ssh.Signer
	// Proves, where set, replaces the signatures.
	Proves func(signatures [][]byte) [][]byte
	// MaxSessions is how many sessions a connection may have at once; 0 is any number, -1 none.
	MaxSessions int
	// Stall is where the server stops for ever, its connections left open.
	Stall Stall
	// Session, where set, is given every command before it runs, and says whether
	// it has taken it over; the channel is closed when it has returned.
	Session func(command string, channel ssh.Channel) bool
	// Distance is the time of a trip to the server and back; see Server.Trips.
	Distance time.Duration
}

// Server is a running server. It ends with its test.
type Server struct {
	Host string // 127.0.0.1
	Port int
	Key  ssh.PublicKey // the host key

	ClientKeyFile string // a private key that the server admits, unless OnlyKey is set
	KnownHosts    string // a file that vouches for the server
	RunDir        string // stands in for /run
	Bin           string // first in $PATH

	conf Config
	ssh  *ssh.ServerConfig
	ln   net.Listener
	far  distance

	// Gone is closed at the end of the test.
	Gone chan struct{}

	mu       sync.Mutex
	conns    map[*gate]bool
	commands []string
	accepted atomic.Int64
}

// Start starts a server.
func Start(t testing.TB, conf Config) *Server {
	t.Helper()
	s := &Server{conf: conf, Host: "127.0.0.1", conns: map[*gate]bool{}, Gone: make(chan struct{}), RunDir: runDir(t), Bin: t.TempDir()}
	if s.conf.HostKey == nil {
		s.conf.HostKey = NewKey(t)
	}
	s.Key = s.conf.HostKey.PublicKey()
	client := s.writeClientKey(t)
	s.ssh = &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		want := client
		if conf.OnlyKey != nil {
			want = conf.OnlyKey
		}
		if conf.Stall == AtAuth {
			<-s.Gone
		}
		if string(key.Marshal()) != string(want.Marshal()) {
			return nil, os.ErrPermission
		}
		return nil, nil
	}}
	if conf.Login != nil {
		conf.Login(s.ssh)
	}
	for _, key := range append([]ssh.Signer{s.conf.HostKey}, s.conf.MoreKeys...) {
		s.ssh.AddHostKey(key)
	}
	s.writePrograms(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.ln, s.Port = ln, ln.Addr().(*net.TCPAddr).Port
	if conf.Distance > 0 {
		s.far.way = conf.Distance / 2
		s.Port = s.far.away(t, ln.Addr().String())
	}
	s.KnownHosts = filepath.Join(t.TempDir(), "known_hosts")
	line := knownhosts.Line([]string{s.Addr()}, s.Key) + "\n"
	if err := os.WriteFile(s.KnownHosts, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	go s.serve()
	t.Cleanup(func() { close(s.Gone); ln.Close(); s.Drop() })
	return s
}

// runDir is a folder that goes with the test. What runs in it hears of the end when
// its connection is cut, and may still write then, so that one removal may not do.
func runDir(t testing.TB) string {
	dir, err := os.MkdirTemp("", "sshtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 100 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Error(err)
	})
	return dir
}

// WriteKey makes a private key, encrypted if there is a passphrase, and returns
// its file and its public half.
func WriteKey(t testing.TB, passphrase string) (file string, public ssh.PublicKey) {
	t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "test")
	if passphrase != "" {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(private, "test", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "id_ed25519")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	if public, err = ssh.NewPublicKey(pub); err != nil {
		t.Fatal(err)
	}
	return file, public
}

func (s *Server) writeClientKey(t testing.TB) ssh.PublicKey {
	file, public := WriteKey(t, "")
	s.ClientKeyFile = file
	return public
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Open counts the connections that have not ended.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Accepted counts the TCP connections so far.
func (s *Server) Accepted() int { return int(s.accepted.Load()) }

// Commands lists the command lines so far.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...)
}

// Close stops listening; connections stay.
func (s *Server) Close() { s.ln.Close() }

// Drop cuts every connection, as a crash would.
func (s *Server) Drop() { s.each(func(g *gate) { g.Close() }) }

// Freeze stops hearing and answering without closing anything, as a pulled
// cable would.
func (s *Server) Freeze() { s.each(func(g *gate) { g.freeze() }) }

// Deafen stops hearing and goes on talking.
func (s *Server) Deafen() { s.each(func(g *gate) { g.deafen.Do(func() { close(g.deaf) }) }) }

func (s *Server) each(do func(*gate)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for g := range s.conns {
		do(g)
	}
}

func (s *Server) serve() {
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.accepted.Add(1)
		g := &gate{Conn: conn, frozen: make(chan struct{}), deaf: make(chan struct{}), done: make(chan struct{})}
		s.mu.Lock()
		s.conns[g] = true
		s.mu.Unlock()
		go func() {
			s.handle(g)
			g.Close()
			s.mu.Lock()
			delete(s.conns, g)
			s.mu.Unlock()
		}()
	}
}

func (s *Server) handle(g *gate) {
	if s.stalled(g) {
		return
	}
	conn, channels, requests, err := ssh.NewServerConn(g, s.ssh)
	if err != nil {
		return
	}
	defer conn.Close()
	s.offer(conn)
	go s.answerGlobal(conn, requests)
	var open atomic.Int64
	for c := range channels {
		if s.conf.Stall == AtChannel {
			continue // neither accepted nor rejected
		}
		switch c.ChannelType() {
		case "session":
			if n := open.Add(1); s.conf.MaxSessions != 0 && n > int64(s.conf.MaxSessions) {
				open.Add(-1)
				_ = c.Reject(ssh.ConnectionFailed, "open failed") // the words of sshd
				continue
			}
			go func() {
				defer open.Add(-1)
				s.session(conn.User(), c)
			}()
		case "direct-tcpip":
			go forward(c)
		default:
			_ = c.Reject(ssh.UnknownChannelType, "not here")
		}
	}
}

func forward(c ssh.NewChannel) {
	var to struct {
		Host   string
		Port   uint32
		Origin string
		From   uint32
	}
	if err := ssh.Unmarshal(c.ExtraData(), &to); err != nil {
		_ = c.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port))))
	if err != nil {
		_ = c.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := c.Accept()
	if err != nil {
		conn.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	go func() {
		_, _ = io.Copy(conn, channel)
		conn.Close()
	}()
	_, _ = io.Copy(channel, conn)
	channel.Close()
}

// ServeSFTP turns the test binary into the server's sftp-server where it was
// started as such. A TestMain calls it first.
func ServeSFTP() {
	if os.Getenv("SSHTEST_SFTP") == "" {
		return
	}
	server, err := sftp.NewServer(stdio{})
	if err == nil {
		err = server.Serve()
	}
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

type stdio struct{}

func (stdio) Read(p []byte) (int, error)  { return os.Stdin.Read(p) }
func (stdio) Write(p []byte) (int, error) { return os.Stdout.Write(p) }
func (stdio) Close() error                { return os.Stdin.Close() }

// gate is a connection that can freeze.
type gate struct {
	net.Conn
	once, over, deafen sync.Once
	frozen, deaf, done chan struct{}
}

func (g *gate) freeze() { g.once.Do(func() { close(g.frozen) }) }

func (g *gate) hold() error {
	select {
	case <-g.frozen:
		<-g.done
		return net.ErrClosed
	default:
		return nil
	}
}

func (g *gate) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if held := g.hold(); held != nil {
		return 0, held
	}
	select {
	case <-g.deaf:
		<-g.done
		return 0, net.ErrClosed
	default:
	}
	return n, err
}

func (g *gate) Write(p []byte) (int, error) {
	if err := g.hold(); err != nil {
		return 0, err
	}
	return g.Conn.Write(p)
}

func (g *gate) Close() error {
	g.over.Do(func() { close(g.done) })
	return g.Conn.Close()
}
