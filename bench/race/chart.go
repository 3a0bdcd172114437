package main

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
)

// One chart of the picture, in pixels.
const (
	chartWidth, chartHeight = 400, 300
	left, right, top, below = 60, 104, 34, 40
)

// colours are those of Okabe and Ito, which colour-blind people tell apart.
var colours = map[string]string{"foobar": "#d55e00", "floor": "#56b4e9", "pyinfra": "#009e73", "ansible": "#cc79a7"}

// tools are in the order of the pictures and tables.
var tools = [...]string{"floor", "foobar", "pyinfra", "ansible"}

// point is a figure at a place of the horizontal axis.
type point struct {
	x float64
	span
}

// series is a line of a chart: each point's middle, and a stroke from the least to the most.
type series struct {
	name, colour string
	points       []point
}

// chart is a picture of some series. Both axes rise by powers of their base, as what is
// compared lies far apart; base 0 is an axis that rises evenly from 0.
type chart struct {
	title, across, unit string
	marks               []float64 // of the horizontal axis
	baseX, baseY        float64
	lines               []series
}

// plots is an SVG with a chart of seconds by RTT for each work that was measured.
func plots(results []Result) []byte {
	var charts []chart
	for _, work := range []string{converged, repair, first} {
		c := chart{title: names[work], across: "round trip, ms", unit: " s", baseY: 10}
		for _, rtt := range distances(results) {
			c.marks = append(c.marks, float64(rtt))
		}
		for _, tool := range tools {
			l := series{name: names[tool], colour: colours[tool]}
			for _, rtt := range distances(results) {
				if s, ok := spread(results, tool, work, rtt, wall); ok {
					l.points = append(l.points, point{float64(rtt), s})
				}
			}
			if len(l.points) > 0 {
				c.lines = append(c.lines, l)
			}
		}
		if len(c.lines) > 0 {
			charts = append(charts, c)
		}
	}
	return picture(charts)
}

// picture draws charts side by side.
func picture(charts []chart) []byte {
	var b bytes.Buffer
	width := max(1, len(charts)) * chartWidth
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="system-ui,sans-serif" font-size="12" fill="#333">`+"\n", width, chartHeight, width, chartHeight)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	for i, c := range charts {
		fmt.Fprintf(&b, `<g transform="translate(%d 0)">`+"\n", i*chartWidth)
		c.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// axis turns figures into pixels.
type axis struct {
	base, least, most float64 // of figures, or of their powers
	from, to          float64 // pixels
}

func newAxis(base, least, most, from, to float64) axis {
	if base == 0 {
		return axis{0, 0, max(most, 1e-9), from, to}
	}
	a := axis{base: base, from: from, to: to}
	a.least, a.most = math.Floor(a.power(least)), math.Ceil(a.power(most))
	a.most = max(a.most, a.least+1)
	return a
}

func (a axis) power(x float64) float64 { return math.Log(max(x, 1e-3)) / math.Log(a.base) }

func (a axis) at(x float64) float64 {
	if a.base != 0 {
		x = a.power(x)
	}
	return a.from + (x-a.least)/(a.most-a.least)*(a.to-a.from)
}

// marks are figures to write beside the axis.
func (a axis) marks() (all []float64) {
	if a.base == 0 {
		step := math.Pow(10, math.Floor(math.Log10(a.most)))
		for step > a.most/3 {
			step /= 2
		}
		for x := 0.0; x <= a.most; x += step {
			all = append(all, x)
		}
		return all
	}
	for e := a.least; e <= a.most; e++ {
		all = append(all, math.Pow(a.base, e))
	}
	return all
}

func (c chart) draw(b *bytes.Buffer) {
	least, most := math.Inf(1), 0.0
	for _, l := range c.lines {
		for _, p := range l.points {
			least, most = min(least, p.low), max(most, p.high)
		}
	}
	x := newAxis(c.baseX, c.marks[0], c.marks[len(c.marks)-1], left, chartWidth-right)
	y := newAxis(c.baseY, least, most, chartHeight-below, top)
	fmt.Fprintf(b, `<text x="%d" y="18" font-weight="bold">%s</text>`+"\n", left, html.EscapeString(c.title))
	for _, m := range y.marks() {
		fmt.Fprintf(b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g%s</text>`+"\n", left, y.at(m), chartWidth-right, left-6, y.at(m)+4, m, c.unit)
	}
	for _, m := range c.marks {
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%g</text>`+"\n", x.at(m), chartHeight-below+16, m)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+chartWidth-right)/2, chartHeight-8, c.across)
	lowest := math.Inf(1) // the last name's place: names do not cover one another
	slices.SortFunc(c.lines, func(a, b series) int { return cmp.Compare(a.last().middle, b.last().middle) })
	for _, l := range c.lines {
		l.draw(b, x, y)
		lowest = min(y.at(l.last().middle)+4, lowest-14)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", x.at(l.last().x)+8, lowest, l.colour, html.EscapeString(l.name))
	}
}

func (l series) last() point { return l.points[len(l.points)-1] }

func (l series) draw(b *bytes.Buffer, x, y axis) {
	path := ""
	for i, p := range l.points {
		path += string("ML"[min(i, 1)]) + fmt.Sprintf("%.1f %.1f", x.at(p.x), y.at(p.middle))
	}
	fmt.Fprintf(b, `<g stroke="%s" fill="none" stroke-width="2"><path d="%s"/>`, l.colour, path)
	for _, p := range l.points {
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f"/><circle cx="%.1f" cy="%.1f" r="2.5"/>`, x.at(p.x), y.at(p.low), y.at(p.high), x.at(p.x), y.at(p.middle))
	}
	b.WriteString("</g>\n")
}
