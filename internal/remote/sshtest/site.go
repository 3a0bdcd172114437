package sshtest

import (
	"bufio"
	_ "embed" // an inventory
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"foobar/examples"
)

// Site writes an inventory whose hosts are servers of the test: lb1, web1,
// web2 and so on. A nil server is a port where nobody listens.
func Site(t testing.TB, servers ...*Server) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := "[site]\ndomain = \"www.example.com\"\nemail = \"a@example.com\"\n[app]\nsource = \"app\"\n[ssh]\nuser = \"alice\"\nconfig = \"none\"\nconnect_timeout = \"10s\"\n"
	for i, s := range servers {
		name, roles := fmt.Sprintf("web%d", i), ""
		if i == 0 {
			name, roles = "lb1", "roles = [\"lb\"]\n"
		}
		text += fmt.Sprintf("[hosts.%s]\naddress = \"127.0.0.1\"\nprivate_address = \"10.0.0.%d\"\n%s[hosts.%s.ssh]\n", name, i+1, roles, name)
		if s == nil {
			text += "port = 1\n"
			continue
		}
		text += fmt.Sprintf("port = %d\nidentity = %q\nknown_hosts = %q\n", s.Port, s.ClientKeyFile, s.KnownHosts)
	}
	path := filepath.Join(dir, "site.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Inventory writes an inventory of lb1, web1 and web2, which are nowhere, with a text
// of it replaced and the demo application beside it.
func Inventory(t testing.TB, old, new string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "site.toml")
	err := os.WriteFile(path, []byte(strings.Replace(threeHosts, old, new, 1)), 0o600)
	if err := errors.Join(err, os.CopyFS(dir, examples.App)); err != nil {
		t.Fatal(err)
	}
	return path
}

//go:embed testdata/site.toml
var threeHosts string

// NeedsRunDir skips where the root shell cannot make its folder in /run.
func NeedsRunDir(t testing.TB) {
	t.Helper()
	dir, err := os.MkdirTemp("/run", "foobar-test.")
	if err != nil {
		t.Skip("the root shell needs a writable /run")
	}
	os.Remove(dir)
}

// Mute is a server whose root shell comes up and then does as it likes with
// the first thing that it is asked.
func Mute(t testing.TB, answer func(token string, c ssh.Channel, s *Server)) *Server {
	var s *Server
	ready := make(chan struct{})
	s = Start(t, Config{Session: func(command string, c ssh.Channel) bool {
		<-ready
		if !Ready(command, c, "/run/foobar.x") {
			return false
		}
		line, _ := bufio.NewReader(c).ReadString('\n')
		if word := strings.Fields(line); len(word) > 1 {
			answer(word[1], c, s)
		}
		<-s.Gone
		return true
	}})
	close(ready)
	return s
}
