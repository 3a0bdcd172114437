package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

func watched(t *testing.T, o Options, width, height int, samples ...Sample) watchModel {
	t.Helper()
	m := watchModel{style: newStyles(o), levels: []rune("12345678")}
	next, _ := m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	for _, s := range samples {
		next, _ = next.(watchModel).Update(s)
	}
	return next.(watchModel)
}

func at(second int, requests, errors, response int64, text string) Sample {
	return Sample{Time: time.Unix(int64(second), 0), Counted: true, Requests: requests, Errors: errors, ResponseTime: response, Text: text}
}

// TestWatchCharts: rates are differences over time; a counter that began anew
// leaves a gap, not a negative rate.
func TestWatchCharts(t *testing.T) {
	m := watched(t, Options{NoColor: true}, 100, 24, at(0, 100, 5, 10, "x"), at(2, 120, 5, 20, "x"), at(4, 200, 7, 5, "x"), at(6, 3, 0, 5, "x"), at(8, 23, 0, 40, "x"))
	lines := strings.Split(m.View(), "\n")
	for i, want := range []string{"requests/s       10.0  most 40.0      38 3", "errors/s          0.0  most 1.0       18 1", "response ms        40  most 40        52 8"} {
		if got := strings.TrimRight(lines[i], " "); got != want {
			t.Errorf("line %d is\n%q, want\n%q", i, got, want)
		}
	}
}

// TestWatchFits: whatever the size, nothing is wider or higher than the screen,
// and scrolling reaches the end and no further.
func TestWatchFits(t *testing.T) {
	var text strings.Builder
	for i := range 60 {
		fmt.Fprintf(&text, "PROBLEM line %d %s\n", i, strings.Repeat("w", 200))
	}
	for _, size := range [][2]int{{60, 15}, {80, 24}, {200, 60}, {20, 3}, {1, 1}} {
		m := watched(t, Options{NoColor: true}, size[0], size[1], at(0, 0, 0, 0, text.String()), at(2, 9, 0, 0, text.String()))
		var next tea.Model = m
		for range 200 {
			next, _ = next.Update(tea.KeyMsg{Type: tea.KeyDown})
		}
		for _, m := range []watchModel{m, next.(watchModel)} {
			lines := strings.Split(m.View(), "\n")
			if len(lines) > size[1] {
				t.Errorf("%v: %d lines", size, len(lines))
			}
			for _, l := range lines {
				if ansi.StringWidth(l) > size[0] {
					t.Errorf("%v: %q is too wide", size, l)
				}
			}
		}
		if end := next.(watchModel).View(); size[0] >= 60 && (!strings.Contains(end, "line 59 ") || strings.Contains(end, "more lines")) {
			t.Errorf("%v: the end is not shown:\n%s", size, end)
		}
	}
}

// TestWatchQuits: q ends the view, other keys do not.
func TestWatchQuits(t *testing.T) {
	m := watched(t, Options{NoColor: true}, 80, 24, at(0, 0, 0, 0, "x"))
	if _, cmd := m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("x")}); cmd != nil {
		t.Error("x did something")
	}
	_, cmd := m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q")})
	if cmd == nil {
		t.Fatal("q did nothing")
	}
	if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Error("q did not quit")
	}
}

// TestWatchReads: by pages and back; the verdict and what is wrong stand out, on a
// small screen without the charts.
func TestWatchReads(t *testing.T) {
	text := "2 problems\nPROBLEM web1: down\nnotice db1: lag\n" + strings.Repeat("line\n", 40) + "last"
	m := watched(t, Options{NoColor: true, ASCII: true}, 80, 24, at(0, 0, 0, 0, text))
	press := func(key tea.KeyType, want ...string) {
		t.Helper()
		next, _ := m.Update(tea.KeyMsg{Type: key})
		m = next.(watchModel)
		for _, text := range want {
			if !strings.Contains(m.View(), text) {
				t.Errorf("%s: no %q in\n%s", key, text, m.View())
			}
		}
	}
	press(tea.KeyUp, "requests/s", "2 problems", "PROBLEM web1", "25 more lines below", "seen 0s ago")
	press(tea.KeyPgDown, "6 more lines below")
	press(tea.KeyPgDown, "last")
	press(tea.KeyHome, "2 problems")
	next, _ := m.Update(tick(time.Unix(7, 0)))
	if m = next.(watchModel); !strings.Contains(m.View(), "seen 7s ago") {
		t.Errorf("the clock stands still:\n%s", m.View())
	}
	if small := watched(t, Options{NoColor: true}, 80, 11, at(0, 0, 0, 0, text)).View(); strings.Contains(small, "requests/s") || !strings.Contains(small, "PROBLEM web1") {
		t.Errorf("a small screen is\n%s", small)
	}
	if none := watched(t, Options{NoColor: true}, 80, 24).View(); !strings.Contains(none, "asking the hosts") {
		t.Errorf("before the first look it is %q", none)
	}
}
