package inventory

import (
	"reflect"
	"testing"
)

func TestRedirectsAndUsers(t *testing.T) {
	inv := parse(t, minimal+`[[web.redirect]]
from = "/blog/*"
to = "https://blog.example.com/*"
[[web.redirect]]
from = "www.foo-bar.com"
to = "foobar.com"
status = 308
[web.auth.users]
alice = { env = "ALICE" }
`)
	want := []Redirect{{"/blog/*", "https://blog.example.com/*", 301}, {"www.foo-bar.com", "foobar.com", 308}}
	if got := inv.Web.Redirects; !reflect.DeepEqual(got, want) || got[0].Named() || !got[1].Named() {
		t.Errorf("%+v", got)
	}
	if got := inv.Web.Auth; !reflect.DeepEqual(got, Auth{Paths: []string{"/"}, Users: map[string]Source{"alice": {Env: "ALICE"}}}) {
		t.Errorf("%+v", got)
	}
	if got := parse(t, minimal).Web.Auth; !reflect.DeepEqual(got, Auth{}) {
		t.Errorf("without users something asks for a password: %+v", got)
	}
}
