package fault

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestCatalogue: every entry is whole, and the codes of an area are in order.
func TestCatalogue(t *testing.T) {
	seen := map[Code]bool{}
	n := 0
	for _, area := range Catalogue() {
		for i, e := range area.Entries {
			n++
			if want := fmt.Sprintf("%s%02d", area.Name, i+1); string(e.Code) != want {
				t.Errorf("%s stands where %s is expected", e.Code, want)
			}
			if seen[e.Code] {
				t.Errorf("%s is there twice", e.Code)
			}
			seen[e.Code] = true
			if e.Title == "" || e.Means == "" || len(e.Causes) == 0 || len(e.Next) == 0 {
				t.Errorf("%s is not whole", e.Code)
			}
			if strings.HasSuffix(e.Title, ".") || !strings.HasSuffix(e.Means, ".") {
				t.Errorf("%s: a title ends without a full stop, a meaning with one", e.Code)
			}
			for _, text := range slices.Concat(e.Causes, e.Next, e.Keys) {
				if left := regexp.MustCompile(`\{[a-z]+\}`).FindString(Place{}.fill(text)); left != "" {
					t.Errorf("%s: nothing is known of %s", e.Code, left)
				}
			}
			if hint := e.Hint(Place{"site.toml", "web1", "x.service"}); !strings.HasPrefix(hint, "likely: ") || strings.Contains(hint, "{") && !strings.Contains(hint, "%{") {
				t.Errorf("%s: %s", e.Code, hint)
			}
			if got, ok := Lookup(Code(strings.ToLower(string(e.Code)))); !ok || got.Code != e.Code {
				t.Errorf("%s is not found", e.Code)
			}
		}
	}
	if got := (Place{Inventory: "my site's.toml"}).fill("foobar plan {inv}"); got != `foobar plan 'my site'\''s.toml'` {
		t.Error(got)
	}
	if n < 40 {
		t.Errorf("%d entries", n)
	}
	if _, ok := Lookup("SSH99"); ok {
		t.Error("SSH99 is found")
	}
}

func TestCodesOfErrors(t *testing.T) {
	base := errors.New("x")
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, "[]"},
		{base, "[]"},
		{Wrap(Syntax, base), "[INV02]"},
		{fmt.Errorf("a: %w", Wrap(Syntax, base)), "[INV02]"},
		{Wrap(Usage, fmt.Errorf("a: %w", Wrap(Syntax, base))), "[CLI01]"},
		{Wrap("", Wrap(Syntax, base)), "[INV02]"},
		{errors.Join(base, Wrap(Syntax, base), Wrap(Lacking, base), Wrap(Syntax, base)), "[INV02 INV06]"},
		{Or(Usage, Wrap(Syntax, base)), "[INV02]"},
		{Or(Usage, base), "[CLI01]"},
	} {
		if got := fmt.Sprint(All(c.err)); got != c.want {
			t.Errorf("%v: %s, not %s", c.err, got, c.want)
		}
	}
	if Wrap(Usage, nil) != nil || Or(Usage, nil) != nil || Of(nil) != "" {
		t.Error("no error has a code")
	}
	if !errors.Is(Wrap(Usage, base), base) {
		t.Error("the error within is not found")
	}
}
