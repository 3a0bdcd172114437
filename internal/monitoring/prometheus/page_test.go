package prometheus

import (
	"encoding/json"
	"html/template"
	"regexp"
	"strings"
	"testing"

	"foobar/internal/monitoring"
	"foobar/internal/resource"
	"foobar/inventory"
)

// pageOf is the page as a host has it, and as Prometheus shows it: it takes each console
// for a template of Go's.
func pageOf(t *testing.T, site string) (written, shown string) {
	t.Helper()
	m := &made{}
	m.page(&inventory.Inventory{Site: inventory.Site{Name: site}})
	if m.err != nil || len(m.list) != 1 {
		t.Fatalf("%d resources, %v", len(m.list), m.err)
	}
	written = string(m.list[0].(resource.File).Content)
	console, err := template.New("page").Parse(written)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := console.Execute(&out, nil); err != nil {
		t.Fatal(err)
	}
	return written, out.String()
}

func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, from)
	inner, _, ends := strings.Cut(rest, to)
	if !found || !ends {
		t.Fatalf("%s and %s are not in\n%s", from, to, text)
	}
	return inner
}

// TestPageReachesBrowsers: what Prometheus makes of the page is the page, and the browser
// runs what the policy names.
func TestPageReachesBrowsers(t *testing.T) {
	written, shown := pageOf(t, "foobar")
	if want := regexp.MustCompile("<!-- .* -->").ReplaceAllString(written, ""); shown != want {
		t.Errorf("it was\n%s\nand is shown as\n%s", want, shown)
	}
	for tag, word := range map[string]string{"script": "script-src '", "style": "style-src '"} {
		if want, got := between(t, shown, word, "'"), sum(between(t, shown, "<"+tag+">", "</"+tag+">")); got != want {
			t.Errorf("the policy names %s %s, and the page has %s", tag, want, got)
		}
	}
	if !strings.HasPrefix(shown, "<!DOCTYPE html>") { // else Prometheus does not call it HTML
		t.Errorf("it begins with %.40q", shown)
	}
}

// TestPageTakesTextForText: what hosts and the inventory say is never taken for markup, and
// nothing is loaded from elsewhere.
func TestPageTakesTextForText(t *testing.T) {
	const evil = `</script><script>alert(1)</script>{{ .Boom }}<!--`
	_, shown := pageOf(t, evil)
	var asks struct{ Site string }
	if err := json.Unmarshal([]byte(between(t, shown, `id="asks">`, "</script>")), &asks); err != nil || asks.Site != evil {
		t.Errorf("%q, %v", asks.Site, err)
	}
	for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "<link rel=\"stylesheet", "src=", "url(", "@import", "`"} {
		if strings.Contains(shown, word) {
			t.Errorf("it has %s", word)
		}
	}
	if urls := regexp.MustCompile(`[a-z]+://[^"]*`).FindAllString(shown, -1); len(urls) != 1 || urls[0] != "http://www.w3.org/2000/svg" {
		t.Errorf("it names %q", urls)
	}
}

// TestPicturesAskForWhatIsMeasured: foobar's own figures are those of the list, and the
// balancer is believed about the balancer.
func TestPicturesAskForWhatIsMeasured(t *testing.T) {
	known := map[string]bool{}
	for _, s := range monitoring.Metrics() {
		for _, m := range s.Metrics {
			known[m.Name] = true
		}
	}
	_, shown := pageOf(t, "a-site")
	asks := between(t, shown, `id="asks">`, "</script>")
	names := regexp.MustCompile(`\bfoobar_[a-z_]+`).FindAllString(asks, -1)
	if len(names) < 5 {
		t.Errorf("it asks for %q", names)
	}
	for _, name := range names {
		if !known[name] {
			t.Errorf("nothing measures %s", name)
		}
	}
	if all, believed := strings.Count(asks, "haproxy_"), strings.Count(asks, `{job=\"haproxy\"`); all == 0 || all != believed {
		t.Errorf("of %d figures of the balancer %d are the balancer's", all, believed)
	}
}
