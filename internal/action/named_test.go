package action

import (
	"os"
	"strings"
	"testing"
)

// TestNamed: the inventory is found where people put it, and where they put it elsewhere
// the error says where it belongs.
func TestNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("site.toml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args, variable, flag string
		follow               int
		want                 string
	}{
		{args: "site.toml", want: "site.toml |"},
		{args: "site.toml web1", follow: 1, want: "site.toml |web1"},
		{args: "web1", follow: 1, want: "no inventory is named"},
		{args: "web1", follow: 1, variable: "site.toml", want: "site.toml |web1"},
		{args: "", variable: "gone.toml", want: "there is no gone.toml, which FOOBAR_INVENTORY names"},
		{args: "web1 site.toml", follow: 1, want: "foobar verb site.toml web1"},
		{args: "", flag: "site.toml", want: "--limit took site.toml for its value"},
	} {
		t.Setenv(InventoryVariable, c.variable)
		path, rest, err := Named("foobar verb", strings.Fields(c.args), c.follow, map[string]string{"limit": c.flag})
		got := path + " |" + strings.Join(rest, " ")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%q, %s=%s: %s; want %s", c.args, InventoryVariable, c.variable, got, c.want)
		}
	}
}
