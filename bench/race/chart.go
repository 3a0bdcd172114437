package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// One chart of the picture, in pixels.
const (
	chartWidth, chartHeight = 400, 300
	left, right, top, below = 52, 88, 34, 40
)

// colours are those of Okabe and Ito, which colour-blind people tell apart.
var colours = map[string]string{"foobar": "#d55e00", "floor": "#56b4e9", "pyinfra": "#009e73", "ansible": "#cc79a7"}

// point is a measurement at a round trip time.
type point struct {
	rtt float64
	span
}

// plots is an SVG with a chart of seconds by RTT for each work that was measured.
func plots(results []Result) []byte {
	var charts [][]byte
	for _, work := range []string{converged, repair, first} {
		if c := chart(results, work); c != nil {
			charts = append(charts, c)
		}
	}
	var b bytes.Buffer
	width := max(1, len(charts)) * chartWidth
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="system-ui,sans-serif" font-size="12" fill="#333">`+"\n", width, chartHeight, width, chartHeight)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	for i, c := range charts {
		fmt.Fprintf(&b, `<g transform="translate(%d 0)">`+"\n%s</g>\n", i*chartWidth, c)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// chart draws one work: a line for each tool through its medians, from the least to
// the most of each. Seconds are in powers of ten, as the tools lie far apart.
func chart(results []Result, work string) []byte {
	lines := map[string][]point{}
	low, high, far := math.Inf(1), 0.0, 1.0
	for _, tool := range []string{"floor", "foobar", "pyinfra", "ansible"} {
		for _, rtt := range distances(results) {
			s, ok := spread(results, tool, work, rtt, wall)
			if !ok {
				continue
			}
			lines[tool] = append(lines[tool], point{float64(rtt), s})
			low, high, far = min(low, s.low), max(high, s.high), max(far, float64(rtt))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	bottom, up := math.Floor(math.Log10(max(low, 1e-3))), math.Ceil(math.Log10(max(high, 2e-3)))
	x := func(rtt float64) float64 { return left + rtt/far*(chartWidth-left-right) }
	y := func(s float64) float64 {
		return chartHeight - below - (math.Log10(max(s, 1e-3))-bottom)/max(1, up-bottom)*(chartHeight-top-below)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<text x="%d" y="18" font-weight="bold">%s</text>`+"\n", left, html.EscapeString(names[work]))
	for e := bottom; e <= up; e++ {
		at := y(math.Pow(10, e))
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%g s</text>`+"\n", left, at, chartWidth-right, left-6, at+4, math.Pow(10, e))
	}
	for _, rtt := range distances(results) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(float64(rtt)), chartHeight-below+16, rtt)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">round trip, ms</text>`+"\n", (left+chartWidth-right)/2, chartHeight-8)
	for _, tool := range []string{"floor", "foobar", "pyinfra", "ansible"} {
		line(&b, tool, lines[tool], x, y)
	}
	return b.Bytes()
}

func line(b *bytes.Buffer, tool string, points []point, x, y func(float64) float64) {
	if len(points) == 0 {
		return
	}
	path := ""
	for i, p := range points {
		path += string("ML"[min(i, 1)]) + fmt.Sprintf("%.1f %.1f", x(p.rtt), y(p.middle))
	}
	fmt.Fprintf(b, `<g stroke="%s" fill="none" stroke-width="2"><path d="%s"/>`, colours[tool], path)
	for _, p := range points {
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f"/><circle cx="%.1f" cy="%.1f" r="2.5"/>`, x(p.rtt), y(p.low), y(p.high), x(p.rtt), y(p.middle))
	}
	last := points[len(points)-1]
	fmt.Fprintf(b, `</g><text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", x(last.rtt)+8, y(last.middle)+4, colours[tool], html.EscapeString(names[tool]))
}
