package inventory

import (
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestLines(t *testing.T) {
	found := scan(`# comment = 1
a.b = 1 # [not.a.table]
"quoted \"key\"".'x.y' = """
[no]
\""" not = 1
"""""
[t . u]
list = [ 1, # one
  [ 2 ], { k = 3,
  l = '#]' }
]
date = 2024-01-02 03:04:05
inline = { in.ner = "}", z = '''
z = 1''' }
[[many]]
one = 1
[many.sub]
two = 2
[[many]]
[[many.deep]]
three = 3
[[many.deep]]
three = 3
[hosts]
web1 = {}
[hosts.web2]
quotes = ["""two""\""""", {
after = 1 }]
`)
	for path, want := range map[string]int{
		"a": 2, "a b": 2, `quoted_"key"`: 3, `quoted_"key" x.y`: 3,
		"t u": 7, "t u list": 8, "t u list [1] [0]": 9, "t u list [2] k": 9, "t u list [2] l": 10,
		"t u date": 12, "t u inline in ner": 13, "t u inline z": 13,
		"many [0]": 15, "many [0] one": 16, "many [0] sub two": 18, "many [1]": 19,
		"many [1] deep [0] three": 21, "many [1] deep [1] three": 23, "hosts": 24, "hosts web1": 25, "hosts web2": 26, "hosts web2 quotes [1] after": 28,
	} {
		at := strings.Fields(path)
		for i := range at {
			at[i] = strings.ReplaceAll(at[i], "_", " ")
		}
		if got := found[pathOf(at)]; got != want {
			t.Errorf("%s is in line %d, want %d", path, got, want)
		}
	}
	for _, no := range []string{"no", "not", "comment", "z"} {
		if found[no] != 0 {
			t.Errorf("%s is no key, yet has the line %d", no, found[no])
		}
	}
	if got := found.of([]string{"hosts", "web2", "address"}); got != 26 {
		t.Errorf("what is missing from web2 is in line %d, want that of its table", got)
	}
}

// paths lists every key, table and element of a decoded text.
func paths(at []string, v any, out *[][]string) {
	if len(at) > 0 {
		*out = append(*out, at)
	}
	each := func(name string, inner any) { paths(append(slices.Clone(at), name), inner, out) }
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			each(name, inner)
		}
	case []any:
		for i, inner := range v {
			each(element(i), inner)
		}
	case []map[string]any:
		for i, inner := range v {
			each(element(i), inner)
		}
	}
}

// FuzzLines: the scanner knows the line of whatever the decoder found.
func FuzzLines(f *testing.F) {
	for _, s := range []string{
		"a=1", "[a]\nb.c=\"\"\"x\n\"\"\"\n[[d]]\ne=[1,{f=2}]", "'a'.\"b\\u0041\" = [[],[[1]],'''\n'''] # x\r\n", "a=1979-05-27 07:32:00\nb=[ 1979-05-27 07:32:00 , ]",
		"[[a]]\n[[a.b]]\n[a.b.c]\nd=1\n", "\"\"=1", "a={}\nb=[]\n", "x={a=1,\n b=2, # c\n}", `"\e\x41"=1`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		found := scan(src) // must end, whatever it is
		values := map[string]any{}
		if _, err := toml.Decode(src, &values); err != nil {
			return
		}
		var all [][]string
		paths(nil, values, &all)
		for _, at := range all {
			if found[pathOf(at)] == 0 {
				t.Errorf("no line for %q in %q", at, src)
			}
		}
	})
}
