package inventory

import "testing"

// TestInstead: where a value of another type shows what was meant, the error says just
// that, and never what would be the next error.
func TestInstead(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{wholeNumber("3306", 1024, 65535), "3306, without quotes"},
		{wholeNumber(" 80 ", 1024, 65535), "a whole number from 1024 to 65535"},
		{wholeNumber("auto", 0, 256), "a whole number from 0 to 256"},
		{wholeNumber(4.0, 0, 256), "4"},
		{wholeNumber(0.5, 0, 256), "a whole number from 0 to 256"},
		{wholeNumber(1e300, 0, 256), "a whole number from 0 to 256"},
		{truth("yes"), "true, without quotes"},
		{truth(int64(0)), "false, without quotes"},
		{truth("sometimes"), "true or false, without quotes"},
		{inQuotes("address", []any{"10.0.0.11"}, []check{sshAddress}), `"10.0.0.11"`},
		{inQuotes("address", []any{"10.0.0.11", "10.0.0.12"}, []check{sshAddress}), "a string, in quotes"},
		{inQuotes("address", []any{"10.0.0"}, []check{sshAddress}), "a string, in quotes"},
		{inQuotes("become", []any{}, []check{oneOf("sudo", "none")}), `"sudo" or "none"`},
		{inQuotes("command", []any{"python", "-m", "mail"}, []check{notEmpty}), `"python -m mail"`},
		{inQuotes("jump", []any{"a", "b"}, []check{jumpHosts}), `"a,b"`},
		{aList("web, app", []check{oneOf(Web, App)}), `a list: ["web", "app"]`},
		{aList("web, apps", []check{oneOf(Web, App)}), `a list: ["web, apps"]`},
		{lengthOfTime(int64(7), 3600e9, 99*day), `it with its unit, in quotes: "7h" or "7d"`},
		{lengthOfTime(int64(0), 1e9, day), `a duration in quotes, such as "10s"`},
	} {
		if c.got != c.want {
			t.Errorf("%s; want %s", c.got, c.want)
		}
	}
}

// TestLookAlike: what only looks right is named, names of other alphabets are not.
func TestLookAlike(t *testing.T) {
	for text, want := range map[string]string{
		"web1": "", "пример": "", "münchen": "", "例え": "",
		"wеb1":       "е (U+0435), which only looks like one of a-z",
		"we\u200bb1": "an invisible character (U+200B)",
		"we\u00adb1": "an invisible character (U+00AD)",
		"web\u00a01": "a space of another kind (U+00A0)",
		"web–1":      "– (U+2013), which is not the dash of the keyboard",
		"web１":       "１ (U+FF11), which only looks like 1",
		"a。b":        "。 (U+3002), which is not a character of the keyboard",
	} {
		if got := lookAlike(text); got != want {
			t.Errorf("%q: %q; want %q", text, got, want)
		}
	}
}
