package action

import (
	"strings"
	"testing"

	"foobar/internal/logs"
	"foobar/internal/remote/sshtest"
)

// TestLogsOverSSH: two hosts are asked, and what there is to say of the whole is
// said.
func TestLogsOverSSH(t *testing.T) {
	sshtest.NeedsRunDir(t)
	path := sshtest.Site(t, sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{}))
	var out, said strings.Builder
	v := Logs{Common: Common{Inventory: path, Console: Console{Out: &out, Err: &said}}, Query: logs.Query{Service: "access", Lines: 5}}
	if err := v.Run(t.Context()); err != nil || out.Len() > 0 || said.String() != "nothing was logged\n" {
		t.Errorf("%v: %q, %q", err, out.String(), said.String())
	}
	v.Query.Service = "apache"
	if err := v.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `"apache" is not a service; the services are haproxy, certbot, `) {
		t.Errorf("a service that is not there: %v", err)
	}
	v.Common.Limit = []string{"nobody"}
	if err := v.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "--limit nobody") {
		t.Errorf("a host that is not there: %v", err)
	}
}
