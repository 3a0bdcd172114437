package sh_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/sh"
)

const nobody = 65534

// needRoot skips where owners cannot be set.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to make folders of somebody else's")
	}
}

// asRoot runs a script after the functions, in a shell.
func asRoot(t *testing.T, shell, script string) (said string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell)
	cmd.Stdin = strings.NewReader("set -eu\n" + sh.Files + "\n" + script + "\n")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func folder(t *testing.T, path string, mode uint32, uid, gid int) string {
	t.Helper()
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t *testing.T, target, path string, uid int) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(path, uid, uid); err != nil {
		t.Fatal(err)
	}
}

// standing is the mode and owner of a path and, for a file, its content.
func standing(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		return "absent"
	}
	owner := info.Sys().(*syscall.Stat_t)
	text := fmt.Sprintf("%s %d:%d", info.Mode(), owner.Uid, owner.Gid)
	if info.Mode().IsRegular() {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text += " " + string(content)
	}
	return text
}

// TestParent: which folders root may write in, in the shells that scripts use.
func TestParent(t *testing.T) {
	needRoot(t)
	d := t.TempDir()
	folder(t, d+"/own", 0o755, 0, 0)
	folder(t, d+"/own/deep", 0o700, 0, 0)
	folder(t, d+"/own/with a blank", 0o755, 0, 0)
	folder(t, d+"/own/group", 0o775, 0, 0)
	folder(t, d+"/own/staff", 0o2775, 0, 50)
	folder(t, d+"/own/games", 0o2775, 0, 60)
	folder(t, d+"/own/open", 0o777, 0, 0)
	folder(t, d+"/own/sticky", 0o1777, 0, 0)
	folder(t, d+"/own/sticky/root", 0o755, 0, 0)
	folder(t, d+"/own/sticky/other", 0o755, nobody, nobody)
	folder(t, d+"/theirs", 0o755, nobody, nobody)
	folder(t, d+"/theirs/roots", 0o755, 0, 0)
	folder(t, d+"/given", 0o755, 0, nobody)
	link(t, "own/deep", d+"/link", 0)
	link(t, d+"/own", d+"/whole", 0)
	link(t, "../own/./deep", d+"/own/up", 0)
	link(t, "../whole/deep", d+"/own/chain", 0)
	link(t, "deep/../deep", d+"/own/back", 0)
	link(t, d+"/own", d+"/foreign", nobody)
	link(t, d+"/theirs/roots", d+"/out", 0)
	link(t, d+"/own/deep", d+"/own/sticky/rootlink", 0)
	link(t, d+"/own/deep", d+"/own/sticky/theirlink", nobody)
	link(t, "round", d+"/round", 0)
	if err := os.WriteFile(d+"/file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"/name":                      "",
		"/etc/name":                  "",
		"/var/run/name":              "",
		"/bin/name":                  "",
		d + "/name":                  "",
		d + "/own/deep/name":         "",
		d + "//own/.//deep/name":     "",
		d + "/own/with a blank/n":    "",
		d + "/own/group/name":        "",
		d + "/own/sticky/root/n":     "",
		d + "/link/name":             "",
		d + "/whole/deep/name":       "",
		d + "/own/up/name":           "",
		d + "/own/chain/name":        "",
		d + "/own/sticky/rootlink/n": "",
		d + "/own/staff/name":        "",
		d + "/given/name":            "",

		"name":                        "not the whole path",
		"":                            "not the whole path",
		"/":                           "not the whole path",
		d + "/own/":                   "not the whole path",
		d + "/own/..":                 "ends in a dot",
		d + "/own/../name":            "goes back",
		d + "/own/back/name":          "goes back",
		d + "/none/name":              "there is no folder " + d + "/none",
		d + "/file/name":              d + "/file is not a folder",
		d + "/round/name":             "circle",
		d + "/own/games/name":         d + "/own/games is root:games with the mode 2775",
		d + "/own/open/name":          d + "/own/open is root:root with the mode 0777",
		d + "/own/open/deeper/name":   d + "/own/open is",
		d + "/own/sticky/name":        d + "/own/sticky is",
		d + "/own/sticky/other/name":  d + "/own/sticky/other is nobody:nogroup",
		d + "/own/sticky/theirlink/n": d + "/own/sticky/theirlink is nobody",
		"/tmp/name":                   "/tmp is root:root with the mode 1777",
		d + "/theirs/name":            d + "/theirs is nobody:nogroup with the mode 0755",
		d + "/theirs/roots/name":      d + "/theirs is",
		d + "/foreign/name":           d + "/foreign is nobody",
		d + "/out/name":               d + "/theirs is",
	}
	var script strings.Builder
	for path := range want {
		script.WriteString("said=good\nfoobar_parent " + sh.Quote(path) + " 2>&1 || said=\nprintf '%s %s\\n' \"$said\" " + sh.Quote(path) + "\n")
	}
	for _, shell := range []string{"dash", "bash"} {
		said, err := asRoot(t, shell, script.String())
		if err != nil {
			t.Fatal(err, said)
		}
		for path, why := range want {
			before, _, found := strings.Cut("\n"+said, " "+path+"\n")
			before = before[strings.LastIndex(strings.TrimSuffix(before, "\n"), "\n")+1:]
			switch {
			case !found || why == "" && before != "good":
				t.Errorf("%s: %q is refused: %s", shell, path, before)
			case why != "" && !strings.Contains(before, why):
				t.Errorf("%s: %q: %q, without %q", shell, path, before, why)
			}
		}
	}
}

// TestStaffIsNobody: the group of old installations is root's while it is empty.
func TestStaffIsNobody(t *testing.T) {
	needRoot(t)
	d := folder(t, t.TempDir()+"/local", 0o2775, 0, 50)
	for getent, good := range map[string]bool{
		"staff:x:50:\nroot:x:0:0::/root:/bin/sh":                                   true,
		"staff:x:50:ann\nroot:x:0:0::/root:/bin/sh":                                false,
		"staff:x:50:\nroot:x:0:0::/root:/bin/sh\nann:x:1000:50::/home/ann:/bin/sh": false,
		"other:x:50:\nroot:x:0:0::/root:/bin/sh":                                   false,
		"":                                                                         false,
	} {
		group, users, _ := strings.Cut(getent, "\n")
		said, err := asRoot(t, "sh", "getent(){ case $1 in group) printf '%s\\n' "+sh.Quote(group)+" ;; *) printf '%s\\n' "+sh.Quote(users)+" ;; esac; }\nfoobar_parent "+d+"/name")
		if (err == nil) != good {
			t.Errorf("%q: %v %s", getent, err, said)
		}
	}
}

// TestParentWithAccessList: the bits of the group are the mask of an access
// list, which may let in anybody. Source of the form: linux/posix_acl_xattr.h.
func TestParentWithAccessList(t *testing.T) {
	needRoot(t)
	d := folder(t, t.TempDir()+"/listed", 0o755, 0, 0)
	list := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range []struct {
		tag, may uint16
		id       uint32
	}{{0x01, 7, 1<<32 - 1}, {0x02, 7, nobody}, {0x04, 5, 1<<32 - 1}, {0x10, 7, 1<<32 - 1}, {0x20, 5, 1<<32 - 1}} {
		list = binary.LittleEndian.AppendUint16(list, e.tag)
		list = binary.LittleEndian.AppendUint16(list, e.may)
		list = binary.LittleEndian.AppendUint32(list, e.id)
	}
	if err := syscall.Setxattr(d, "system.posix_acl_access", list, 0); err != nil {
		t.Skipf("this file system has no access lists: %v", err)
	}
	if said, err := asRoot(t, "sh", "foobar_parent "+d+"/name"); err == nil {
		t.Errorf("a folder that an access list opens to nobody is taken: %s", said)
	}
}

// TestDir: what becomes of a folder, and of a link in its place.
func TestDir(t *testing.T) {
	needRoot(t)
	d := t.TempDir()
	canary := folder(t, d+"/canary", 0o700, 0, 0)
	folder(t, d+"/theirs", 0o755, nobody, nobody)
	folder(t, d+"/was", 0o777, nobody, nobody)
	link(t, canary, d+"/link", 0)
	link(t, canary, d+"/theirs/link", nobody)
	if err := os.WriteFile(d+"/file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, becomes, why string }{
		{"/new", "drwxr-x--- 65534:0", ""},
		{"/was", "drwxr-x--- 65534:0", ""},
		{"/a/b/c", "drwxr-x--- 65534:0", ""},
		{"/link", "Lrwxrwxrwx 0:0", "not a folder"},
		{"/file", "-rw-r--r-- 0:0 ", "not a folder"},
		{"/theirs/new", "absent", "/theirs is nobody:nogroup"},
		{"/theirs/link", "Lrwxrwxrwx 65534:65534", "/theirs is nobody:nogroup"},
		{"/theirs/link/in", "absent", "/theirs is nobody:nogroup"},
	} {
		said, err := asRoot(t, "sh", "umask 077\nfoobar_dir 0750 nobody:root "+sh.Quote(d+c.path))
		if (err == nil) != (c.why == "") || !strings.Contains(said, c.why) {
			t.Errorf("%s: %v %q, not %q", c.path, err, said, c.why)
		}
		if got := standing(t, d+c.path); got != c.becomes {
			t.Errorf("%s is %s, not %s", c.path, got, c.becomes)
		}
	}
	if got := standing(t, d+"/a/b"); got != "drwxr-xr-x 0:0" {
		t.Errorf("a folder made on the way is %s", got)
	}
	if got := standing(t, canary); got != "drwx------ 0:0" {
		t.Errorf("the folder behind a link is %s", got)
	}
}

// TestPut: what becomes of a file, and of what stood in its place.
func TestPut(t *testing.T) {
	needRoot(t)
	d := t.TempDir()
	if err := os.WriteFile(d+"/canary", []byte("root's"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder(t, d+"/theirs", 0o755, nobody, nobody)
	folder(t, d+"/folder", 0o755, 0, 0)
	folder(t, d+"/setgid", 0o2755, 0, 50)
	link(t, d+"/canary", d+"/link", nobody)
	link(t, d+"/canary", d+"/theirs/link", nobody)
	for _, c := range []struct{ mode, owner, path, becomes, why string }{
		{"0640", "nobody:root", "/new", "-rw-r----- 65534:0 text", ""},
		{"0640", "nobody:root", "/new", "-rw-r----- 65534:0 text", ""},
		{"4755", "root:root", "/it's $new", "urwxr-xr-x 0:0 text", ""},
		{"0600", "root:root", "/link", "-rw------- 0:0 text", ""},
		{"0644", "root:root", "/setgid/new", "-rw-r--r-- 0:0 text", ""},
		{"0644", "root:root", "/folder", "drwxr-xr-x 0:0", "directory"},
		{"0644", "nosuch:root", "/never", "absent", "nosuch"},
		{"0644", "root:root", "/none/new", "absent", "no folder"},
		{"0644", "root:root", "/theirs/link", "Lrwxrwxrwx 65534:65534", "/theirs is nobody:nogroup"},
	} {
		said, err := asRoot(t, "sh", "umask 022\nprintf text | foobar_put "+sh.Join(c.mode, c.owner, d+c.path))
		if (err == nil) != (c.why == "") || !strings.Contains(said, c.why) {
			t.Errorf("%s: %v %q, not %q", c.path, err, said, c.why)
		}
		if got := standing(t, d+c.path); got != c.becomes {
			t.Errorf("%s is %s, not %s", c.path, got, c.becomes)
		}
	}
	if got := standing(t, d+"/canary"); got != "-rw------- 0:0 root's" {
		t.Errorf("the file behind a link is %s", got)
	}
	left, err := filepath.Glob(d + "/.foobar-*")
	if more, _ := filepath.Glob(d + "/*/.foobar-*"); err != nil || len(left)+len(more) > 0 {
		t.Errorf("temporary files are left: %v %v", left, more)
	}
}

// TestOwn: owner and mode are set on the file itself, not through a link.
func TestOwn(t *testing.T) {
	needRoot(t)
	d := t.TempDir()
	for _, name := range []string{"/canary", "/file"} {
		if err := os.WriteFile(d+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder(t, d+"/theirs", 0o755, nobody, nobody)
	link(t, d+"/canary", d+"/link", 0)
	link(t, d+"/canary", d+"/theirs/link", nobody)
	for path, good := range map[string]bool{"/file": true, "/link": false, "/theirs/link": false, "/none": false} {
		if said, err := asRoot(t, "sh", "foobar_own 0644 nobody:root "+d+path); (err == nil) != good {
			t.Errorf("%s: %v %s", path, err, said)
		}
	}
	if got := standing(t, d+"/canary"); got != "-rw------- 0:0 " {
		t.Errorf("the file behind a link is %s", got)
	}
	if got := standing(t, d+"/file"); got != "-rw-r--r-- 65534:0 " {
		t.Errorf("the file is %s", got)
	}
}

// TestGone: what is removed, and as whom.
func TestGone(t *testing.T) {
	needRoot(t)
	d := reachable(t)
	folder(t, d+"/theirs", 0o755, nobody, nobody)
	folder(t, d+"/open", 0o777, 0, 0)
	folder(t, d+"/root", 0o755, 0, 0)
	for _, name := range []string{"/canary", "/file", "/theirs/file", "/open/file", "/root/canary"} {
		if err := os.WriteFile(d+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link(t, d+"/canary", d+"/link", 0)
	link(t, d+"/root", d+"/theirs/link", nobody)
	for _, c := range []struct{ path, why string }{
		{"/file", ""}, {"/link", ""}, {"/none", ""}, {"/none/none", ""}, {"/theirs/file", ""}, {"/theirs/none/none", ""},
		{"/theirs/link/canary", "Permission denied"}, {"/open/file", "/open is root:root with the mode 0777"},
	} {
		said, err := asRoot(t, "sh", "foobar_gone "+d+c.path)
		if (err == nil) != (c.why == "") || !strings.Contains(said, c.why) {
			t.Errorf("%s: %v %q, not %q", c.path, err, said, c.why)
		}
		if _, err := os.Lstat(d + c.path); (err == nil) != (c.why != "") {
			t.Errorf("%s afterwards: %v", c.path, err)
		}
	}
	for _, path := range []string{"/canary", "/root/canary"} {
		if got := standing(t, d+path); got != "-rw------- 0:0 " {
			t.Errorf("the file behind a link is %s", got)
		}
	}
}

// reachable is a temporary folder that others can enter.
func reachable(t *testing.T) string {
	t.Helper()
	d := t.TempDir()
	for _, parent := range []string{d, filepath.Dir(d)} {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// TestAs: the script has its user's rights and nothing of root's environment.
func TestAs(t *testing.T) {
	needRoot(t)
	said, err := asRoot(t, "sh", "export SECRET=x\n"+sh.As("nobody", `echo "$(id -u):$(id -G) ${SECRET:-none} $USER it's"; grep -i cap[ep][fr]m /proc/self/status`))
	if err != nil || !strings.HasPrefix(said, "65534:65534 none nobody it's\n") {
		t.Errorf("%v %q", err, said)
	}
	for _, line := range strings.Split(strings.TrimSpace(said), "\n")[1:] {
		if !strings.HasSuffix(line, "\t0000000000000000") {
			t.Errorf("it keeps %s", line)
		}
	}
}

// TestAttackerInTheFolder: whatever somebody does to names in a folder of his,
// and to that folder's own name where he can, nothing of root's changes.
func TestAttackerInTheFolder(t *testing.T) {
	needRoot(t)
	if testing.Short() {
		t.Skip("takes a second")
	}
	d := reachable(t)
	if err := os.WriteFile(d+"/canary", []byte("root's"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder(t, d+"/safe", 0o700, 0, 0)
	theirs := folder(t, d+"/theirs", 0o755, nobody, nobody)
	loop := exec.Command("sh", "-c", `cd "$1" || exit; while :; do
  mkdir -p sub; echo x >sub/f; rm -rf sub; ln -sfn "$2/safe" sub; ln -sfn "$2/canary" f
  for t in .foobar-*; do ln -sfn "$2/canary" "$t"; done; rm -rf sub .foobar-*
done`, "sh", theirs, d)
	loop.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Setpgid: true}
	if err := loop.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-loop.Process.Pid, syscall.SIGKILL)
		_ = loop.Wait()
	}()
	said, err := asRoot(t, "sh", "set +e\nn=0\nwhile [ $n -lt 20 ]; do n=$((n+1))\n"+
		"for p in f sub/f sub; do echo new | foobar_put 0644 nobody:root "+theirs+"/$p && echo wrote\nfoobar_dir 0777 nobody:root "+theirs+"/$p && echo made\nfoobar_own 0666 nobody:root "+theirs+"/$p && echo owned\ndone\ndone 2>/dev/null\n:")
	if err != nil || said != "" {
		t.Errorf("root wrote there: %v %s", err, said)
	}
	if got := standing(t, d+"/canary"); got != "-rw------- 0:0 root's" {
		t.Errorf("root's file is %s", got)
	}
	if got := standing(t, d+"/safe"); got != "drwx------ 0:0" {
		t.Errorf("root's folder is %s", got)
	}
}
