//go:build lab && gauntlet

package labtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestY1PackageOnAHost: the .deb installs on a bare enough Debian, brings what a
// person expects of a command, and leaves nothing when it goes.
func TestY1PackageOnAHost(t *testing.T) {
	dist := filepath.Join(t.TempDir(), "dist")
	build := exec.Command("go", "run", ".", "-out", dist, "-targets", "linux/"+runtime.GOARCH)
	build.Dir = filepath.Join("..", "..", "..", "release")
	build.Env = append(os.Environ(), "VERSION=0.0.1", "SOURCE_DATE_EPOCH=1700000000")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	deb := read(t, filepath.Join(dist, "foobar_0.0.1_"+runtime.GOARCH+".deb"))
	if r := foobarIn(deb, "lab", "exec", "web1", "--", "sh", "-c", "cat >/tmp/foobar.deb"); r.code != 0 {
		t.Fatal(r.all())
	}
	on(t, "web1", "dpkg -i /tmp/foobar.deb")
	if got := on(t, "web1", "foobar version"); !strings.HasPrefix(got, "foobar 0.0.1, ") {
		t.Errorf("version: %s", got)
	}
	// Each verb that help shows has its page.
	on(t, "web1", `for v in $(foobar help | sed -n '/^Start:/,/^Flags:/s/^  \([a-z]*\) .*/\1/p' | grep -v '^help$'); do
		test -s /usr/share/man/man1/foobar-$v.1.gz || { echo "no page of $v"; exit 1; }; done`)
	on(t, "web1", `bash -c '. /usr/share/bash-completion/completions/foobar && complete -p foobar'`)
	if got := on(t, "web1", "dpkg -V foobar; find $(dpkg -L foobar) -maxdepth 0 ! -user root -o -maxdepth 0 -perm /022 ! -type l"); strings.TrimSpace(got) != "" {
		t.Errorf("not as it was packed: %s", got)
	}
	on(t, "web1", "dpkg -r foobar && ! test -e /usr/bin/foobar && ! test -e /usr/share/doc/foobar && rm /tmp/foobar.deb")
}
