package main

import (
	"os"
	"testing"

	"foobar/internal/remote/sshtest"
)

func TestMain(m *testing.M) {
	sshtest.ServeSFTP()
	// Neither an agent nor keys of whoever runs the tests take part.
	os.Unsetenv("SSH_AUTH_SOCK")
	os.Exit(m.Run())
}
