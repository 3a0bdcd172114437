//go:build lab && gauntlet

package labtest

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestH6UploadKilled: whoever releases 200 MB loses power in the middle of the upload. The
// next release begins again, and neither then nor in the end lies half an archive anywhere.
func TestH6UploadKilled(t *testing.T) {
	inv := otherApp(t, "large", nil)
	large := filepath.Join(work, "large", "static", "large.bin")
	content := make([]byte, 200<<20)
	_, _ = rand.Read(content) // what can be packed would not be much to send
	if err := os.WriteFile(large, content, 0o644); err != nil {
		t.Fatal(err)
	}
	const (
		staged = "find /var/lib/foobar/stage -type f -size +1M -printf '%s\n' | sort -n | tail -n 1"
		left   = "find /var/lib/foobar/stage /var/lib/foobar/app /srv/foobar/releases/.foobar-build -type f -size +1M 2>/dev/null || :"
		free   = "df -BM --output=avail /var/lib/foobar | tail -n 1 | tr -dc 0-9"
	)
	room := func() int {
		n, _ := strconv.Atoi(strings.TrimSpace(on(t, "web3", free)))
		return n
	}
	release := background(t, "release", "-y", inv)
	size := 0
	if !release.until("half of an upload to web1", func() bool {
		size, _ = strconv.Atoi(strings.TrimSpace(on(t, "web1", staged)))
		return size > 20<<20
	}) {
		t.Fatalf("it ended before its upload was seen:\n%s", release.said.String())
	}
	release.kill()
	lies, _ := strconv.Atoi(strings.TrimSpace(on(t, "web1", staged)))
	t.Logf("killed when %d MiB had arrived on web1; %d MiB lie there", size>>20, lies>>20)
	if lies >= len(content) {
		t.Errorf("the upload was over: %d bytes", lies)
	}
	if got := foobar("status", inv); got.code != 0 {
		t.Errorf("while half an archive lies there the site is not well: exit %d\n%s", got.code, got.all())
	}
	before := room()
	r := must(t, 0, "release", "-y", "-o", "json", inv)
	if !strings.Contains(r.out, `MiB"`) {
		t.Errorf("nobody is told how far the upload is:\n%s", tail(r.out, 20))
	}
	for _, host := range []string{"web1", "web2", "web3"} {
		if got := strings.TrimSpace(on(t, host, left)); got != "" {
			t.Errorf("%s: left behind: %s", host, got)
		}
		if got := strings.TrimSpace(on(t, host, "stat -c %s /srv/foobar/current/static/large.bin")); got != strconv.Itoa(len(content)) {
			t.Errorf("%s: the file of %d bytes has %s", host, len(content), got)
		}
	}
	t.Logf("web3 has %d MiB of room less than while half an archive lay there", before-room())
	must(t, 0, "plan", inv)
	id := regexp.MustCompile(`[0-9a-f]{12}`).FindString(on(t, "web1", "readlink /srv/foobar/current"))
	must(t, 0, "deploy", site)
	for _, host := range []string{"web1", "web2", "web3"} {
		on(t, host, "rm -r /srv/foobar/releases/"+id)
	}
	converged(t, site, 4)
}
