package remote

import (
	"os/exec"
	"strings"
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

// TestDebiansProgramsFirst: what an administrator put into /usr/local has other versions
// than those that the site is set up for, such as a certbot of pip's.
func TestDebiansProgramsFirst(t *testing.T) {
	path, err := exec.Command("sh", "-c", environment+`echo "$PATH"`).Output()
	debian, local, _ := strings.Cut(string(path), "/usr/local")
	if err != nil || debian != "/usr/sbin:/usr/bin:/sbin:/bin:" || local == "" {
		t.Errorf("%s, %v", path, err)
	}
}
