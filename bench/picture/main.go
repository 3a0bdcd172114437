// Command picture draws terminal text with colours, as tmux capture-pane -e
// prints it, as an SVG: picture <screen.txt >screen.svg
package main

import (
	"bufio"
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const (
	cell   = 8.4 // width of a character, pixels
	height = 18
	margin = 16
)

var sgr = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// colours are the sixteen of a terminal, and bright text's.
var colours = map[string]string{"31": "#e06c75", "32": "#98c379", "33": "#e5c07b", "34": "#61afef", "35": "#c678dd", "36": "#56b6c2"}

func main() {
	var lines []string
	width := 40
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		lines = append(lines, strings.TrimRight(in.Text(), " "))
		width = max(width, ansi.StringWidth(in.Text()))
	}
	for len(lines) > 0 && ansi.Strip(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	w, h := int(float64(width)*cell)+2*margin, len(lines)*height+2*margin
	fmt.Printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", w, h, w, h)
	fmt.Printf(`<rect width="100%%" height="100%%" rx="8" fill="#20242b"/><g font-family="ui-monospace,Menlo,Consolas,monospace" font-size="14" fill="#d7dae0">` + "\n")
	for i, l := range lines {
		fmt.Printf(`<text x="%d" y="%d" xml:space="preserve">%s</text>`+"\n", margin, margin+13+i*height, spans(l))
	}
	fmt.Println("</g></svg>")
}

// spans turns the colours of one line into tspans, each at its own column so
// that a viewer's font does not shift what follows.
func spans(line string) string {
	var b strings.Builder
	style, column := "", 0
	emit := func(text string) {
		if text == "" {
			return
		}
		fmt.Fprintf(&b, `<tspan x="%.1f"%s>%s</tspan>`, margin+float64(column)*cell, style, html.EscapeString(text))
		column += ansi.StringWidth(text)
	}
	for {
		at := sgr.FindStringSubmatchIndex(line)
		if at == nil {
			emit(ansi.Strip(line))
			return b.String()
		}
		emit(ansi.Strip(line[:at[0]]))
		style = styleOf(style, line[at[2]:at[3]])
		line = line[at[1]:]
	}
}

func styleOf(style, codes string) string {
	for _, c := range strings.Split(codes, ";") {
		switch {
		case c == "" || c == "0" || c == "39":
			style = ""
		case c == "1":
			style = ` font-weight="bold"`
		case c == "2":
			style = ` fill="#7f848e"`
		case colours[c] != "":
			style = fmt.Sprintf(` fill="%s"`, colours[c])
		}
	}
	return style
}
