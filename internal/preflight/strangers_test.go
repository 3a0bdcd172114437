package preflight

import (
	"testing"

	"foobar/internal/play"
)

// TestStrangersAreAskedFor: only of services whose packages are to be foobar's, and of each
// of these.
func TestStrangersAreAskedFor(t *testing.T) {
	got := strangersOf([]play.Service{{Name: "nginx", Packages: []play.Package{{Name: "nginx"}}},
		{Name: "prometheus", Claims: true, Packages: []play.Package{{Name: "prometheus"}, {Name: "prometheus-alertmanager"}}}})
	want := "section strangers\n"
	for _, p := range []string{"prometheus", "prometheus-alertmanager"} {
		want += "[ -e /var/lib/foobar/packages/" + p + ".agent ] || dpkg-query -W -f '${db:Status-Status} ${Package}\\n' -- " + p + " 2>/dev/null\n"
	}
	if got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}
