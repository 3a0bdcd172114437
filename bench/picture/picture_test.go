package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestPiecesStandAtTheirColumns(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"   ":            "",
		"\x1b[1m\x1b[0m": "",
		"a <b>":          `<text x="0.0" y="13" textLength="42.0">a &lt;b&gt;</text>`,
		"a   b":          `<text x="0.0" y="13" textLength="42.0">a` + "\u00a0\u00a0" + ` b</text>`,
		"  \x1b[32mok\x1b[39m - \x1b[2mdim": `<text x="16.8" y="13" textLength="16.8" fill="#98c379">ok</text>` +
			`<text x="42.0" y="13" textLength="8.4">-</text><text x="58.8" y="13" textLength="25.2" fill-opacity=".6">dim</text>`,
		"\x1b[1;91mx\x1b[22my\x1b[mz": `<text x="0.0" y="13" textLength="8.4" fill="#ff7b86" font-weight="bold">x</text>` +
			`<text x="8.4" y="13" textLength="8.4" fill="#ff7b86">y</text><text x="16.8" y="13" textLength="8.4">z</text>`,
		"\x1b[38;5;196mr\x1b[38;2;1;2;3mg":       `<text x="0.0" y="13" textLength="8.4" fill="#ff0000">r</text><text x="8.4" y="13" textLength="8.4" fill="#010203">g</text>`,
		"\x1b[38;5;2mg":                          `<text x="0.0" y="13" textLength="8.4" fill="#98c379">g</text>`,
		"\x1b[44m  \x1b[49mx":                    `<rect x="0.0" width="16.8" height="18" fill="#61afef"/><text x="16.8" y="13" textLength="8.4">x</text>`,
		"\x1b[7mx\x1b[27m":                       `<rect x="0.0" width="8.4" height="18" fill="#d7dae0"/><text x="0.0" y="13" textLength="8.4" fill="#20242b">x</text>`,
		"世\x1b[33mx\x1b]8;;http://u\x1b\\\x1b[K": `<text x="0.0" y="13" textLength="16.8">世</text><text x="16.8" y="13" textLength="8.4" fill="#e5c07b">x</text>`,
	} {
		if got := pieces(in); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", in, got, want)
		}
	}
}

// TestFilm: a film is well-formed, draws a line once that stands in two frames,
// joins frames that are the same, and shows the middle one where nothing moves.
func TestFilm(t *testing.T) {
	film := join([]frame{
		{[]string{"title", "one"}, time.Second}, {[]string{"title", "two"}, time.Second}, {[]string{"title", "two"}, time.Second},
		{[]string{"title", "three"}, time.Second},
	})
	if len(film) != 3 || film[1].shown != 2*time.Second {
		t.Fatalf("joined: %+v", film)
	}
	var b bytes.Buffer
	write(&b, film)
	text := b.String()
	if n := strings.Count(text, ">title<"); n != 1 {
		t.Errorf("the title is drawn %d times", n)
	}
	const h = 2*margin + 2*height
	for _, want := range []string{"film 4.00s step-end infinite", "0.00%{transform:translateY(0px)}25.00%{transform:translateY(-68px)}75.00%{transform:translateY(-136px)}",
		`class="film" transform="translate(0 -68)"`, `height="68"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if h != 68 {
		t.Errorf("a frame of two lines is %d high", h)
	}
	dec := xml.NewDecoder(&b)
	for {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
