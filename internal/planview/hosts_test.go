package planview

import (
	"fmt"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// TestHostsThatAreAlike: four and more hosts whose plans read alike are one block; one
// that differs in a line has its own, in its place.
func TestHostsThatAreAlike(t *testing.T) {
	var plans []event.HostPlanned
	for i := range 12 {
		port := "80"
		if i == 3 {
			port = "81"
		}
		e := event.HostPlanned{Host: fmt.Sprintf("web%d", i+1), Resources: 40 + i, Changes: []event.Change{{Play: "web", Resource: "file:/etc/nginx/nginx.conf", Action: resource.Update,
			Fields: []resource.Field{{Name: "content", Old: fmt.Sprintf("# host %d\n\n\n\n\nlisten 8080\n", i), New: fmt.Sprintf("# host %d\n\n\n\n\nlisten %s\n", i, port), Text: true}}}},
			Unmanaged: []string{"rule: allow 9999"}}
		plans = append(plans, e)
	}
	plans = append(plans, event.HostPlanned{Host: "lb1"}, event.HostPlanned{Host: "db1"})
	got := strings.Join(Hosts(Bare, plans, Diffs), "\n")
	want := `web1 … web3, web5 … web12 (11 hosts): 1 change on each
  [web]
  ~ file:/etc/nginx/nginx.conf
      @@ -3,4 +3,4 @@
       
       
       
      -listen 8080
      +listen 80
  ? not foobar's, left alone on web1 … web3, web5 … web12 (11 hosts): rule: allow 9999
web4: 1 change
  [web]
  ~ file:/etc/nginx/nginx.conf
      @@ -3,4 +3,4 @@
       
       
       
      -listen 8080
      +listen 81
  ? not foobar's, left alone on web4: rule: allow 9999`
	if got != want {
		t.Errorf("%s", strings.Join(Unified(want+"\n", got+"\n"), "\n"))
	}
	if few := strings.Join(Hosts(Bare, plans[:3], Diffs), "\n"); strings.Contains(few, "on each") || strings.Count(few, ": 1 change") != 3 {
		t.Errorf("three hosts are no crowd:\n%s", few)
	}
}

// TestHostsNameThemselves: where the plans differ in the hosts' own names and in digests
// alone, the block shows what they have in common.
func TestHostsNameThemselves(t *testing.T) {
	var plans []event.HostPlanned
	for i := range 12 {
		name := fmt.Sprintf("web%d", i+1)
		plans = append(plans, event.HostPlanned{Host: name, Addresses: []string{fmt.Sprintf("10.0.0.%d", i+1)}, Changes: []event.Change{{Play: "web", Resource: "certificate:/etc/foobar/tls/host.key", Action: resource.Update, Fields: []resource.Field{
			{Name: "names", Old: "web1x", New: fmt.Sprintf("web1x, %s.internal, 10.0.0.%d", name, i+1)}, {Name: "content", Old: "sha256:b984f224484a", New: fmt.Sprintf("sha256:%012x", i)}}}}})
	}
	want := "web1 … web12 (12 hosts): 1 change on each\n  [web]\n  ~ certificate:/etc/foobar/tls/host.key\n      names: web1x -> web1x, {host}.internal, {address}\n      content: sha256:… -> sha256:…"
	if got := strings.Join(Hosts(Bare, plans, Diffs), "\n"); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := strings.Join(Hosts(Bare, plans[:1], Diffs), "\n"); !strings.Contains(got, "web1x, web1.internal, 10.0.0.1") || !strings.Contains(got, "sha256:b984f224484a") {
		t.Errorf("of one host\n%s", got)
	}
	if got := strings.Join(Hosts(SGR, plans, Diffs), "\n"); strings.Contains(got, "web7.internal") || Common([]string{SGR(Dim, "web7 and web71")}, plans[6])[0] != SGR(Dim, "{host} and web71") {
		t.Errorf("in colours\n%q", got)
	}
}
