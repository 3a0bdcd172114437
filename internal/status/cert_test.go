package status

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/fault"
	"foobar/inventory"
)

// publicAnswer is what a balancer says of its certificate.
type publicAnswer struct{ lines []string }

func (p publicAnswer) Run(_ context.Context, script string, line func(string)) (int, error) {
	asktest.Play(script, p.lines, line)
	return 0, nil
}

func (publicAnswer) Close() error { return nil }

// public is how the recorded site's certificate is, with these certificates in HAProxy's
// file and certbot's, and with what systemd says.
func public(t *testing.T, now time.Time, file, certbot, units string) Certificates {
	t.Helper()
	heard := heard(t, "lb1")
	var served []string
	for i, on := 0, false; i < len(heard); i++ {
		if strings.HasPrefix(heard[i], "tok ") || strings.Contains(heard[i], " begin ") {
			on = strings.HasSuffix(heard[i], " begin certificate")
			continue
		}
		if on {
			served = append(served, heard[i])
		}
	}
	lines := []string{"tok begin certificate"}
	lines = append(append(lines, served...), "", "tok begin file")
	for _, text := range []string{file, certbot} {
		if text == "" {
			lines = append(lines, served...)
		} else {
			lines = append(lines, text)
		}
		lines = append(lines, "", "tok begin certbot")
	}
	lines = append(append(lines[:len(lines)-1], "tok begin units"), strings.Split(units, "\n")...)
	g := &Gatherer{Inv: site(), Now: func() time.Time { return now }, Dial: func(context.Context, *inventory.Host) (Target, error) {
		return publicAnswer{append(lines, "", "tok done")}, nil
	}}
	return g.Certificates(t.Context())
}

const publicUnits = "Id=haproxy.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n" +
	"Id=certbot.timer\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNextElapseUSecRealtime=Fri 2026-11-27 03:30:00 UTC\n\n" +
	"Id=certbot.service\nLoadState=loaded\nActiveState=inactive\nResult=success\nExecMainStatus=0\nExecMainExitTimestamp=@1769857200\n"

// TestPublicCertificate: what is served is compared with what lies on the disk, and the
// timer's last run counts.
func TestPublicCertificate(t *testing.T) {
	now := whole(t, nil).Taken
	var plain strings.Builder
	good := public(t, now, "", "", publicUnits)
	if err := good.Plain(&plain); err != nil || !good.Healthy || len(good.Findings) != 0 || good.Hosts[0].Served.Error != "" {
		t.Fatalf("%v, %+v", err, good)
	}
	if r := good.Hosts[0].Renewal; r == nil || r.Next.IsZero() || r.Result != "success" {
		t.Errorf("the renewal is %+v", r)
	}
	for _, want := range []string{" is healthy: 0 problems, 0 notices, 1 host\n", "lb1   served", "lb1   HAProxy's file", "lb1   certbot's", "TIMER    HOST", "success"} {
		if !strings.Contains(plain.String(), want) {
			t.Errorf("%q is not in\n%s", want, plain.String())
		}
	}
	failed := strings.Replace(strings.Replace(publicUnits, "Result=success", "Result=exit-code", 1), "ExecMainStatus=0", "ExecMainStatus=1", 1)
	for name, c := range map[string]struct {
		file, certbot, units, want string
		code                       fault.Code
		now                        time.Time
	}{
		"the file is damaged":    {"nothing", "", publicUnits, "certbot has a certificate that was not handed to HAProxy", fault.Drifted, now},
		"both are damaged":       {"nothing", "nothing", publicUnits, "certbot has no certificate: nothing", fault.Drifted, now},
		"the renewal failed":     {"", "", failed, "timer certbot failed (exit 1)", fault.ServiceDead, now},
		"the timer is off":       {"", "", strings.Replace(publicUnits, "Id=certbot.timer\nLoadState=loaded\nActiveState=active", "Id=certbot.timer\nLoadState=loaded\nActiveState=inactive", 1), "certbot.timer is inactive", fault.ServiceDead, now},
		"nobody has renewed it":  {"", "", publicUnits, "the certificate expires in", fault.CertificateEnds, good.Hosts[0].Served.Until.Add(-time.Hour)},
		"HAProxy does not serve": {"", "", strings.Replace(publicUnits, "ActiveState=active", "ActiveState=failed", 1), "haproxy is failed", fault.ServiceDead, now},
	} {
		got := public(t, c.now, c.file, c.certbot, c.units)
		if got.Healthy || len(got.Findings) != 1 || !strings.Contains(got.Findings[0].Text, c.want) || got.Findings[0].Code != c.code || got.Findings[0].Next == "" {
			t.Errorf("%s: %+v", name, got.Findings)
		}
	}
}

// TestCertificateScriptRuns where nothing of what it asks for is there.
func TestCertificateScriptRuns(t *testing.T) {
	inv := site()
	inv.Site.Domain = "it's.example"
	cmd := exec.Command("/bin/sh")
	cmd.Stdin = strings.NewReader(ask.Script(asktest.Token, certificateScript(inv)))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, c := readPublic(inv, inv.Hosts[0], asktest.Answer(strings.Split(string(out), "\n")...))
	if c.Served.Error == "" || c.File.Error == "" || c.Certbot.Error == "" || c.Renewal != nil {
		t.Errorf("%+v of\n%s", c, out)
	}
}
