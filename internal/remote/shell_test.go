package remote

import (
	"testing"

	"foobar/internal/sh/shtest"
)

// TestPrograms are what a host runs as root, whole.
func TestPrograms(t *testing.T) {
	shtest.Check(t, map[string]string{
		"shell":  readyLine + environment + lockFunctions + shellProgram,
		"sftp":   readyLine + sftpProgram,
		"signal": readyLine + environment + signalProgram,
		"kill":   "f=/run/x\n" + killScript,
	})
}
