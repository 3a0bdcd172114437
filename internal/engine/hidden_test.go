package engine

import (
	"strings"
	"testing"

	"foobar/internal/resource"
)

func TestHideOld(t *testing.T) {
	kept := "global\n  daemon\n  log /dev/log local0\n  maxconn 20000\nfrontend www\n  bind :443 ssl crt /etc/haproxy/site.pem\n  ssl_certificate_key /etc/ssl/private/x.pem;\n" +
		"ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384\n  timeout client 30s\nPrivateTmp=yes\nPasswordAuthentication no\nproxy_pass http://app;\n"
	if got := hideOld(kept, ""); got != kept {
		t.Errorf("plain configuration is shown as\n%s", got)
	}
	for _, line := range []string{
		"  stats auth admin:hunter2", "user admin insecure-password hunter2", "DB_PASSWORD=hunter2", `  "apiKey": "hunter2",`, "server=mysql://root:hunter2@10.0.0.1/x",
		"proxy_set_header Authorization \"Basic hunter2\";", "# the old password was hunter2", "token: /hunter2 and more", "set $x \"hunter2hunter2hunter2abc\";",
		"admin:$6$salt$hunter2hunter2", "password:\n  hunter2", "key = |\n\n  hunter2\n  hunter2", "-----BEGIN RSA PRIVATE KEY-----\nhunter2\nhunter2x\n-----END RSA PRIVATE KEY-----",
		"community hunter2", "password hunter2 on", "secret hunter2 /etc/x", "pass /hunter2", "key: hunter2 yes", "wg_psk hunter2", "listen_dsn='hunter2'", "IDENTIFIED BY 'x' PASSWORD hunter2",
	} {
		got := hideOld("before\n"+line+"\nafter\n", "before\n")
		if strings.Contains(got, "hunter2") || !strings.HasPrefix(got, "before\n") || !strings.HasSuffix(got, "after\n") {
			t.Errorf("%q is shown as %q", line, got)
		}
	}
	if got := hideOld("stats auth a:b\n", "stats auth a:b\n"); got != "stats auth a:b\n" {
		t.Errorf("a line of the new text is shown as %q", got)
	}
}

// TestPlansHideWhatWasThere: what a plan shows, records and writes as JSON comes
// from one place.
func TestPlansHideWhatWasThere(t *testing.T) {
	it := &item{change: resource.Change{Fields: []resource.Field{{Name: "content", Text: true, Old: "a\n stats auth admin:hunter2\n", New: "a\n"}, {Name: "mode", Old: "0644", New: "0600"}}}}
	c := it.describe()
	if strings.Contains(c.Fields[0].Old, "hunter2") || !strings.Contains(c.Fields[0].Old, "[hidden]") || c.Fields[1].Old != "0644" {
		t.Errorf("%+v", c.Fields)
	}
}

// TestPlanDigestIsKeyed: a saved plan is no means of trying out secrets.
func TestPlanDigestIsKeyed(t *testing.T) {
	digest := func(key string) string {
		w := &worker{run: &run{req: Request{PlanKey: []byte(key)}}}
		w.items = []*item{{id: "file:/x", change: resource.Change{Action: resource.Create, Steps: []resource.Step{resource.Put{Path: "/x", Content: []byte("secret"), Secret: true}}}}}
		return w.digest()
	}
	if digest("a") == digest("b") || digest("a") != digest("a") {
		t.Error("the digest of a plan does not depend on the key alone")
	}
}
