package main

import (
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

const (
	cell   = 8.4 // width of a character, pixels
	height = 18  // of a line
	margin = 16
)

// write draws the frames. A line that stands in several of them is drawn once and
// used by all.
func write(out io.Writer, film []frame) {
	width, tall := 40, 0
	for _, f := range film {
		tall = max(tall, len(f.lines))
		for _, l := range f.lines {
			width = max(width, ansi.StringWidth(l))
		}
	}
	w, h := int(float64(width)*cell)+2*margin, tall*height+2*margin
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", w, h, w, h)
	if len(film) > 1 {
		fmt.Fprintf(out, "<style>%s</style>\n", motion(film, h))
	}
	fmt.Fprintf(out, `<rect width="100%%" height="100%%" rx="8" fill="%s"/><g font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="%s">`+"\n", background, foreground)
	if len(film) == 1 {
		for i, l := range film[0].lines {
			if drawn := pieces(l); drawn != "" {
				fmt.Fprintf(out, `<g transform="translate(%d %d)">%s</g>`+"\n", margin, margin+i*height, drawn)
			}
		}
	} else {
		strip(out, film, h)
	}
	fmt.Fprintln(out, "</g></svg>")
}

// motion is the CSS that shows one frame of the strip after the other.
func motion(film []frame, h int) string {
	var total, at time.Duration
	for _, f := range film {
		total += f.shown
	}
	var b strings.Builder
	fmt.Fprintf(&b, ".film{animation:film %.2fs step-end infinite}@keyframes film{", total.Seconds())
	for i, f := range film {
		fmt.Fprintf(&b, "%.2f%%{transform:translateY(%dpx)}", 100*at.Seconds()/total.Seconds(), -i*h)
		at += f.shown
	}
	b.WriteString("}@media(prefers-reduced-motion:reduce){.film{animation:none}}")
	return b.String()
}

// strip draws the frames below one another, shifted so that the middle one is in
// the window.
func strip(out io.Writer, film []frame, h int) {
	known := map[string]int{"": 0}
	fmt.Fprintln(out, "<defs>")
	for _, f := range film {
		for _, l := range f.lines {
			drawn := pieces(l)
			if _, ok := known[drawn]; !ok {
				known[drawn] = len(known)
				fmt.Fprintf(out, `<g id="l%d">%s</g>`+"\n", known[drawn], drawn)
			}
		}
	}
	fmt.Fprintf(out, "</defs>\n"+`<g class="film" transform="translate(0 %d)">`+"\n", -len(film)/2*h)
	for i, f := range film {
		for j, l := range f.lines {
			if n := known[pieces(l)]; n > 0 {
				fmt.Fprintf(out, `<use href="#l%d" x="%d" y="%d"/>`, n, margin, i*h+margin+j*height)
			}
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "</g>")
}

// pieces draws one line, each piece of a style at its own column and of its own
// width, so that a viewer's font does not shift what follows. A blank line is "".
func pieces(line string) string {
	var boxes, texts, piece strings.Builder
	var now style
	column, begun := 0, 0
	emit := func() {
		defer piece.Reset()
		text := piece.String()
		_, back := now.colours()
		if back != "" && column > begun {
			fmt.Fprintf(&boxes, `<rect x="%.1f" width="%.1f" height="%d" fill="%s"/>`, float64(begun)*cell, float64(column-begun)*cell, height, back)
		}
		if !now.underline {
			blank := len(text) - len(strings.TrimLeft(text, " "))
			begun, text = begun+blank, strings.TrimRight(text[blank:], " ")
		}
		if text != "" {
			fmt.Fprintf(&texts, `<text x="%.1f" y="13" textLength="%.1f"%s>%s</text>`, float64(begun)*cell, float64(ansi.StringWidth(text))*cell, now.attributes(), keep(text))
		}
	}
	parser := ansi.NewParser()
	var state byte
	for line != "" {
		seq, width, n, next := ansi.DecodeSequence(line, state, parser)
		line, state = line[n:], next
		switch {
		case width > 0:
			piece.WriteString(seq)
			column += width
		case ansi.HasCsiPrefix(seq) && ansi.Cmd(parser.Command()).Final() == 'm':
			emit()
			begun = column
			now.apply(parser.Params())
		}
	}
	emit()
	return boxes.String() + texts.String()
}

// keep is text for SVG in which no viewer joins spaces: not all of them know xml:space.
func keep(text string) string {
	return strings.ReplaceAll(html.EscapeString(text), "  ", "\u00a0\u00a0")
}
