package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/resource"
)

// TestDatabaseBackupTrustsNoNumber runs the script with a server that answers with
// a command where a number is expected; bash's arithmetic would run it as root.
func TestDatabaseBackupTrustsNoNumber(t *testing.T) {
	s := databaseSite(t)
	f := databaseWanted(t, Database{}, s, "web2")[resource.NewID("file", backupScript)].(resource.File)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "scratch"), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "backups"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "backups", resource.OwnMark), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "hostile"), []byte("#!/bin/sh\ncat >/dev/null\necho 'x[$(: >"+dir+"/ran)]'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(f.Content), "# turn decides", "client=("+dir+"/hostile)\nscratch_stop() { :; }\n# turn decides", 1)
	text = strings.NewReplacer("/var/backups/foobar", dir+"/backups", database.Scratch, dir+"/scratch", "/run/foobar", dir+"/run").Replace(text)
	cmd := exec.Command("bash", "-s", "run")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "names no size of its data") {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("what the server said was run")
	}
}

// TestDatabaseBackupValues: what a server says of itself becomes part of JSON only
// as one value.
func TestDatabaseBackupValues(t *testing.T) {
	s := databaseSite(t)
	f := databaseWanted(t, Database{}, s, "web2")[resource.NewID("file", backupScript)].(resource.File)
	_, value, _ := strings.Cut(string(f.Content), "\nvalue() ")
	value, _, _ = strings.Cut(value, "\n")
	for says, want := range map[string]string{
		`version "11.8.9-MariaDB-0+deb13u1 from Debian-log"`: `"11.8.9-MariaDB-0+deb13u1 from Debian-log"`,
		`position 0-1-7,0-2-9`:                               `0-1-7,0-2-9`,
		`position 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5`:  `3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5`,
		`position `:                       ``,
		`version "1", "checked": true`:    ``,
		`version "1\"`:                    ``,
		`position 0-1-7","sha256":"0`:     ``,
		"version \"\x1b[31m\"":            ``,
		"version 1\nversion \"11.8\"":     `1`,
		"other\nversion \"9.7.0\"\nand 1": `"9.7.0"`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "snap.out"), []byte(says+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		key, _, _ := strings.Cut(strings.TrimPrefix(says, "other\n"), " ")
		out, err := exec.Command("bash", "-euo", "pipefail", "-c", "export LC_ALL=C.UTF-8; work="+dir+"; value() "+value+"; value "+key).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%q gives %q, %v, not %q", says, got, err, want)
		}
	}
}

// TestDatabaseBackupWrites: what the unit may write to is root's alone, and what
// the database server's account can reach is none of it.
func TestDatabaseBackupWrites(t *testing.T) {
	for _, engine := range []string{"mariadb", "mysql"} {
		s := databaseSite(t)
		s.Inv.DB.Engine = engine
		have := databaseWanted(t, Database{}, s, "web2")
		scratch, ok := have[resource.NewID("dir", database.Scratch)].(resource.Dir)
		if !ok || scratch.Owner != "" || scratch.Group != "" || scratch.Mode != 0o711 {
			t.Errorf("%s: the folder in which backups are checked: %+v", engine, scratch)
		}
		unit := string(have[resource.NewID("file", backupService)].(resource.File).Content)
		for _, line := range []string{"ReadWritePaths=/var/backups/foobar " + database.Scratch + "\n", "ProtectSystem=strict\n", "CapabilityBoundingSet=CAP_CHOWN CAP_KILL CAP_SETGID CAP_SETUID\n"} {
			if !strings.Contains(unit, line) {
				t.Errorf("%s: no %q in\n%s", engine, line, unit)
			}
		}
		if got := strings.Contains(unit, "ExecStartPre=-+/bin/sh -c "); got != (engine == "mysql") {
			t.Errorf("%s: AppArmor is told: %v\n%s", engine, got, unit)
		}
		script := string(have[resource.NewID("file", backupScript)].(resource.File).Content)
		for _, bad := range []string{"--user=mysql", "-o mysql", `"$scratch/`, `>"$nest`} {
			if strings.Contains(strings.ReplaceAll(script, `"$scratch/XXXXXXXXXX"`, ""), bad) {
				t.Errorf("%s: the script has %s", engine, bad)
			}
		}
	}
}

// TestMariaCheck: the server's options are read as its own account, and what it
// says of them reaches root's output by no file.
func TestMariaCheck(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"setpriv":  "#!/bin/sh\necho \"$*\" >>" + dir + "/as\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n",
		"mariadbd": "#!/bin/sh\necho 'the options'\necho 'unknown variable x=1' >&2\nexit 7\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-euc", mariaCheck())
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err == nil || string(out) != "unknown variable x=1\n" {
		t.Errorf("%v, it says %q", err, out)
	}
	if as, err := os.ReadFile(filepath.Join(dir, "as")); err != nil || !strings.Contains(string(as), "--reuid=mysql") || strings.Contains(mariaCheck(), "chown") {
		t.Errorf("it ran as %q, %v", as, err)
	}
}
