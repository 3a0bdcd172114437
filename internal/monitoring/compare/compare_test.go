package compare

import (
	"encoding/json"
	"strings"
	"testing"

	"foobar/internal/secret"
)

func decoded(t *testing.T, s string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSame: what the service adds, leaves out and says in other words is no difference.
func TestSame(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{`{"a":1}`, `{"a":1.0,"id":"7"}`, true},
		{`{"a":1}`, `{"a":2}`, false},
		{`{"a":1}`, `{}`, false},
		{`{"a":"","b":[],"c":false,"d":0,"e":null,"f":{}}`, `{}`, true},
		{`{"a":""}`, `{"a":"x"}`, false},
		{`{"a":false}`, `{"a":true}`, false},
		{`{"t":"-60m"}`, `{"t":"1h"}`, true},
		{`{"t":"-60m"}`, `{"t":"-2h"}`, false},
		{`{"s":"{\"a\": 1, \"b\": 2}"}`, `{"s":"{\"b\":2,\"a\":1}"}`, true},
		{`{"s":"{\"a\": 1}"}`, `{"s":"{\"a\":1,\"b\":2}"}`, false},
		{`{"s":"{a"}`, `{"s":"{b"}`, false},
		{`{"t":"-"}`, `{"t":"-x"}`, false},
		{`["a","b"]`, `["b","a"]`, true},
		{`["a","a"]`, `["a","b"]`, false},
		{`["a","b"]`, `["a","a"]`, false},
		{`["a"]`, `["a","b"]`, false},
		{`[{"a":1},{"a":2}]`, `[{"a":2,"id":1},{"a":1,"id":2}]`, true},
		{`{"a":{"b":1}}`, `{"a":"b"}`, false},
		{`{"a":[1]}`, `{"a":1}`, false},
	} {
		if got := Same(decoded(t, c.want), decoded(t, c.got)); got != c.same {
			t.Errorf("%s and %s: %v", c.want, c.got, got)
		}
	}
}

// TestAs: a comparison shows what differs, and nothing that does not.
func TestAs(t *testing.T) {
	for _, c := range []struct{ want, got, as string }{
		{`{"a":1,"t":"-60m","l":["x","y"]}`, `{"id":7,"a":2,"t":"-1h","l":["y","x"]}`, `{"a":2,"t":"-60m","l":["x","y"]}`},
		{`{"l":[{"n":1,"v":1},{"n":2,"v":2}]}`, `{"l":[{"n":2,"v":2},{"n":1,"v":9,"id":"q"}]}`, `{"l":[{"n":1,"v":9},{"n":2,"v":2}]}`},
		{`{"l":["x"]}`, `{"l":["x","z"]}`, `{"l":["x","z"]}`},
		{`{"l":["x","z"]}`, `{"l":["z"]}`, `{"l":["z"]}`},
		{`{"a":1}`, `{}`, `{}`},
		{`{"a":{"b":1}}`, `{"a":"no"}`, `{"a":"no"}`},
	} {
		want := Text(decoded(t, c.as))
		if got := Text(As(decoded(t, c.want), decoded(t, c.got))); got != want {
			t.Errorf("%s beside %s:\n%s, not\n%s", c.got, c.want, got, want)
		}
	}
}

// TestErrandHides: a secret is not shown, nor as it stands in JSON, or in JSON that stands in
// JSON.
func TestErrandHides(t *testing.T) {
	const key = `p4"g&e\r`
	want := map[string]any{"url": "https://example.com/" + key, "payload": Text(map[string]any{"routing_key": key})}
	e, differs := Errand("webhook", "w", want, nil, []secret.String{secret.New(key)}, nil)
	if shown := e.Fields[0].New; !differs || strings.Contains(shown, "p4") || strings.Count(shown, secret.New(key).String()) != 2 {
		t.Errorf("it shows %s", shown)
	}
}
