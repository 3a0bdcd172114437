package roles

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

const (
	goodID = "aaaaaaaaaaaa"
	badID  = "bbbbbbbbbbbb"
)

// appMachine runs goodID well; it keeps badID, too. Its app answers with what is in the file answer.
func appMachine(t *testing.T) *machine {
	m := newMachine(t)
	for name, text := range map[string]string{
		"systemctl": "echo \"$*\" >>" + m.dir + "/said\ncase \"$*\" in *InvocationID*--value*) echo life ;; esac\n",
		"curl":      "cat " + m.dir + "/answer\n",
		"sleep":     "", "journalctl": "echo last words\n",
	} {
		m.write("/bin/"+name, "#!/bin/sh\n"+text)
		m.must(os.Chmod(m.path("/bin/"+name), 0o755))
	}
	m.write("/answer", "404")
	m.write("/proc/stat", fmt.Sprintf("btime %d\n", time.Now().Add(time.Hour).Unix()))
	m.kept(goodID, 2)
	m.kept(badID, 1)
	m.must(os.Symlink("releases/"+goodID, m.path("/srv/foobar/current")))
	for _, f := range []string{appUnit, appSocket, appEnv} {
		m.write(f, "good\n")
	}
	m.must(os.MkdirAll(m.path("/run/foobar"), 0o700))
	m.do("sha256sum " + appUnit + " " + appEnv + " /srv/foobar/current/.complete >/run/foobar/app.service; sha256sum " + appSocket + " >/run/foobar/app.socket\n")
	return m
}

// do runs a script with the folders that an app is in, which must go well.
func (m *machine) do(script string) string {
	m.t.Helper()
	out, status := m.tries(script)
	if status != 0 {
		m.t.Fatalf("status %d: %s", status, out)
	}
	return strings.TrimSpace(out)
}

func (m *machine) tries(script string) (out string, status int) {
	return m.run(strings.NewReplacer("/run/foobar", m.dir+"/run/foobar", "/etc/", m.dir+"/etc/", appKept, m.dir+"/lib/app-kept").Replace(script))
}

func (m *machine) text(p string) string {
	raw, _ := os.ReadFile(m.path(p))
	return strings.TrimSpace(string(raw))
}

// TestAppGoesBack: what ran well is kept before anything changes, only then, and comes back
// as a whole.
func TestAppGoesBack(t *testing.T) {
	s, h := allInOne(t)
	m := appMachine(t)
	if got := m.do(revertApp(s, h, true)); got != play.RevertedTo {
		t.Errorf("nothing was kept, and it went to %q", got)
	}
	m.do(keepApp(s.Inv, h))
	m.write(appUnit, "bad\n")
	m.write(appSocket, "bad\n")
	m.do(keepApp(s.Inv, h)) // of a later resource, or of a run after one that was cut off
	r := release{site: siteFolder(s.Inv), id: badID, keepRuns: keepApp(s.Inv, h)}
	m.do(r.switchScript(false))
	m.write(appEnv, "bad\n")
	if got, _ := os.Readlink(m.path("/srv/foobar/current")); got != "releases/"+badID {
		t.Fatalf("current leads to %s", got)
	}
	said := m.do(revertApp(s, h, true))
	if lines := strings.Split(said, "\n"); lines[len(lines)-1] != play.RevertedTo+" release "+goodID {
		t.Errorf("it says %s", said)
	}
	for _, f := range []string{appUnit, appSocket, appEnv} {
		if m.text(f) != "good" {
			t.Errorf("%s is %s", f, m.text(f))
		}
	}
	if got, _ := os.Readlink(m.path("/srv/foobar/current")); got != "releases/"+goodID {
		t.Errorf("current leads to %s", got)
	}
	if did := m.text("/said"); !strings.Contains(did, "restart -- app.socket") || !strings.Contains(did, "restart -- app.service") {
		t.Errorf("systemctl was asked %s", did)
	}
	if stamp := m.text("/run/foobar/app.service"); !strings.Contains(stamp, "/releases/"+goodID+"/.complete") || !strings.Contains(stamp, appEnv) {
		t.Errorf("the stamp is\n%s", stamp)
	}
	// The next plan says what became of that release.
	c, err := r.current().Compare(m.see(r.current()))
	if err != nil || !strings.Contains(c.Reason, "this release was taken back here on ") {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestUnitThatCameBackIsRead: systemd, which has the unit that failed, cannot tell by the
// time of the copy that another one is back.
func TestUnitThatCameBackIsRead(t *testing.T) {
	s, h := allInOne(t)
	m := appMachine(t)
	m.write("/bin/systemctl", "#!/bin/sh\necho \"$*\" >>"+m.dir+"/said\ncase \"$*\" in *InvocationID*--value*) echo life ;;\n"+
		"*NeedDaemonReload*) echo LoadState=loaded; echo FragmentPath="+m.path(appUnit)+"; echo NeedDaemonReload=no ;; esac\n")
	m.do(keepApp(s.Inv, h))
	m.write(appUnit, "bad\n")
	m.do(revertApp(s, h, true))
	if _, then, read := strings.Cut(m.text("/said"), "daemon-reload\n"); m.text(appUnit) != "good" || !read || !strings.Contains(then, "restart -- app.service") {
		t.Errorf("the unit is %s, and systemctl was asked %s", m.text(appUnit), m.text("/said"))
	}
}

// TestAppThatHadNoTurnIsNotTurned: its files go back, and it runs on.
func TestAppThatHadNoTurnIsNotTurned(t *testing.T) {
	s, h := allInOne(t)
	m := appMachine(t)
	m.do(keepApp(s.Inv, h))
	m.write(appUnit, "bad\n")
	m.do(revertApp(s, h, false))
	if did := m.text("/said"); m.text(appUnit) != "good" || strings.Contains(did, "restart") {
		t.Errorf("the unit is %s, and systemctl was asked %s", m.text(appUnit), did)
	}
}

// TestWhatIsKept: what was loaded when it was seen well.
func TestWhatIsKept(t *testing.T) {
	s, h := allInOne(t)
	for name, c := range map[string]struct {
		before, kept string
	}{
		"as it was turned":              {"", goodID + " good"},
		"not seen ready":                {": >/run/foobar/app.service.unready", " "},
		"edited since":                  {"echo bad >" + appEnv, goodID + " bad"},
		"edited since it was kept":      {keepApp(s.Inv, h) + "echo bad >" + appEnv, goodID + " good"},
		"switched since it was kept":    {keepApp(s.Inv, h) + "ln -sfn releases/" + badID + " /srv/foobar/current", goodID + " good"},
		"since a boot":                  {"rm /run/foobar/*", goodID + " good"},
		"no release of foobar's in use": {"rm /srv/foobar/current", " "},
		"of another release's time":     {keepApp(s.Inv, h) + "ln -sfn releases/" + badID + " /srv/foobar/current; echo bad >" + appEnv + "; sha256sum " + appEnv + " /srv/foobar/current/.complete >/run/foobar/app.service", badID + " bad"},
	} {
		m := appMachine(t)
		m.do(c.before + "\n" + keepApp(s.Inv, h))
		if got := strings.TrimPrefix(m.text("/lib/app-kept/current"), "releases/") + " " + m.text("/lib/app-kept/app.env"); got != c.kept {
			t.Errorf("%s: kept is %q, not %q", name, got, c.kept)
		}
	}
}

// TestStaticFilesGoBack: a host without the app has the link alone.
func TestStaticFilesGoBack(t *testing.T) {
	s, web, _ := split(t)
	m := appMachine(t)
	m.do(release{site: siteFolder(s.Inv), id: badID, keepRuns: keepApp(s.Inv, web)}.switchScript(false))
	if got := m.do(revertApp(s, web, true)); got != play.RevertedTo+" release "+goodID || m.text("/said") != "" {
		t.Errorf("%s, and systemctl was asked %s", got, m.text("/said"))
	}
	hosts := AppRevert(s).Hosts
	if !slices.Contains(hosts, web) || slices.Contains(hosts, s.Inv.Group(inventory.LB)[0]) || !slices.Equal(AppRevert(s).Watch(web.Name), []resource.ID{"current:/srv/foobar/current/.complete"}) {
		t.Errorf("%v follow", inventory.Names(hosts))
	}
}

// TestGoingBackByName: a rollback builds nothing, and says who went back; the way forward
// says that it was done.
func TestGoingBackByName(t *testing.T) {
	s, h := allInOne(t)
	s.Release, s.By = "cccccccccccc", "eve@laptop of hers"
	var c resource.Custom
	for _, r := range releaseOf(s, h, true) {
		if r.ID().Kind() == "release" {
			c = r.(resource.Custom)
		}
	}
	if _, err := c.Compare(resource.Observed{State: resource.Absent, Attrs: map[string]string{"out": "absent"}}); fault.Of(err) != "REL02" || !strings.Contains(err.Error(), "release cccccccccccc is absent here") {
		t.Errorf("a release that is not there: %v", err)
	}
	if env := fileText(t, wanted(t, App{}, s, h), appEnv); !strings.Contains(env, `SITE_RELEASE="cccccccccccc"`) {
		t.Errorf("the app is told of another release:\n%s", env)
	}
	m := appMachine(t)
	m.do(release{site: siteFolder(s.Inv), id: badID, by: s.By}.switchScript(false))
	forward := release{site: siteFolder(s.Inv), id: goodID}
	change, err := forward.current().Compare(m.see(forward.current()))
	if err != nil || !strings.Contains(change.Reason, "rolled back to "+badID+" on ") || !strings.Contains(change.Reason, "by eve@laptop of hers; this is the release that the source makes") || change.Fields[0].Old != badID {
		t.Errorf("%+v, %v", change, err)
	}
	got := ReadReleases(strings.Split(m.do(ReleasesQuestion(s.Inv)), "\n"))
	if len(got.Kept) != 2 || got.Current != badID || len(got.Log) != 1 || got.Log[0].Who != s.By || got.Log[0].Word != "back" || got.Kept[0].Size == 0 {
		t.Errorf("%+v", got)
	}
}

// TestReleasesOfAHostThatLies: what is no answer is passed over.
func TestReleasesOfAHostThatLies(t *testing.T) {
	got := ReadReleases([]string{"kept 1 2", "kept x 2 " + goodID, "kept 1 -2 " + goodID, "kept 1 99999999999999999999 " + goodID, "kept 1 2 ../../../etc", "current \x1b[2J",
		"running", "log 1 switched", "log -1 switched " + goodID, "", "log"})
	if len(got.Kept)+len(got.Log) > 0 || got.Current+got.Running != "" {
		t.Errorf("%+v", got)
	}
	if AppDeployed(facts.Facts{}) || !AppDeployed(facts.Facts{Owned: []string{"file:" + appUnit}}) {
		t.Error("whether the app was deployed is not known")
	}
}

// TestSecretsOfTheApp: in the forms that an app may print.
func TestSecretsOfTheApp(t *testing.T) {
	s, h := allInOne(t)
	all := AppHidden(s)(h.Name)
	for _, want := range []string{"key`with`ticks", "key%60with%60ticks"} {
		if !slices.Contains(all, want) {
			t.Errorf("%s is not hidden: %q", want, all)
		}
	}
	if len(all) < 9 {
		t.Errorf("the passwords of the database are not hidden: %q", all)
	}
}

// TestKeepOnAFullDisk: what cannot be kept is not gone back from: not to what ran before it.
func TestKeepOnAFullDisk(t *testing.T) {
	s, h := allInOne(t)
	for name, since := range map[string]string{
		"another release then": "ln -sfn releases/" + badID + " /srv/foobar/current; sha256sum " + appUnit + " " + appEnv + " /srv/foobar/current/.complete >/run/foobar/app.service",
		"other settings then":  "echo better >" + appEnv + "; sha256sum " + appUnit + " " + appEnv + " /srv/foobar/current/.complete >/run/foobar/app.service",
	} {
		m := appMachine(t)
		m.do(keepApp(s.Inv, h) + since)
		now, _ := os.Readlink(m.path("/srv/foobar/current"))
		env := m.text(appEnv)
		m.write("/bin/cp", "#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
		m.must(os.Chmod(m.path("/bin/cp"), 0o755))
		if _, status := m.tries(keepApp(s.Inv, h)); status == 0 {
			t.Errorf("%s: it is kept all the same", name)
		}
		m.must(os.Remove(m.path("/bin/cp")))
		said := m.do(revertApp(s, h, true))
		if at, _ := os.Readlink(m.path("/srv/foobar/current")); at != now || m.text(appEnv) != env || !strings.HasSuffix(said, play.RevertedTo+" release "+strings.TrimPrefix(now, "releases/")) || strings.Contains(m.text("/said"), "restart") {
			t.Errorf("%s: current leads to %s, the environment is %q, systemctl was asked %q; it says %s", name, at, m.text(appEnv), m.text("/said"), said)
		}
		// The next one finds room.
		m.do(keepApp(s.Inv, h))
		if got := m.text("/lib/app-kept/current"); got != now {
			t.Errorf("%s: kept is %s", name, got)
		}
	}
	// One that was kept in this run is right, whatever a later step lacks.
	m := appMachine(t)
	m.do(keepApp(s.Inv, h))
	m.write(appUnit, "bad\n")
	m.write("/bin/cp", "#!/bin/sh\nexit 1\n")
	m.must(os.Chmod(m.path("/bin/cp"), 0o755))
	if _, status := m.tries(keepApp(s.Inv, h)); status == 0 {
		t.Error("it is kept all the same")
	}
	m.must(os.Remove(m.path("/bin/cp")))
	if said := m.do(revertApp(s, h, true)); m.text(appUnit) != "good" || !strings.HasSuffix(said, goodID) {
		t.Errorf("the unit is %s; it says %s", m.text(appUnit), said)
	}
}

// TestKeptOnce: how the app runs is kept as its release is built, while other hosts have
// their turn; what changes behind that does not keep it again.
func TestKeptOnce(t *testing.T) {
	m := newMachine(t)
	r := releaseFrom(t, nil)
	r.keepRuns = "echo kept >>" + m.dir + "/keeps\n"
	m.kept(goodID, 1)
	m.must(os.Symlink("releases/"+goodID, m.path("/srv/foobar/current")))
	m.bring(r.unpacked())
	if m.text("/keeps") != "kept" {
		t.Errorf("a build kept %q", m.text("/keeps"))
	}
	link := m.see(r.current())
	for built, keeps := range map[bool]bool{true: false, false: true} {
		c, err := r.current().Diff(link.Before(func(id resource.ID) bool { return built && id == r.unpackedID() }))
		if err != nil || strings.Contains(c.Steps[0].(resource.Run).Script, r.keepRuns) != keeps {
			t.Errorf("switched to, built before %v: %v %+v", built, err, c)
		}
	}
	m.do(r.switchScript(true))
	m.write(r.dir()+"/wsgi.py", "edited = 1\n")
	m.bring(r.unpacked())
	if m.text("/keeps") != "kept" {
		t.Error("the release in use was built again, and is kept as what ran before")
	}
	env := kept{resource.File{Path: appEnv, Content: []byte("new")}, r.keepRuns, currentIn("/srv/foobar")}
	seen := resource.Observed{State: resource.Present, Attrs: map[string]string{}}
	for _, switched := range []bool{true, false} {
		c, err := env.Diff(seen.Before(func(id resource.ID) bool { return switched && id == env.before }))
		if _, keeps := c.Steps[0].(resource.Run); err != nil || keeps == switched {
			t.Errorf("behind the switch %v: %v %+v", switched, err, c)
		}
	}
}
