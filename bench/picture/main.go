// Command picture draws terminal screens with colours, as tmux capture-pane -e
// prints them, as an SVG: of one screen a picture, of several a film.
//
//	picture screen.txt >screen.svg
//	picture -each 250ms -end 4s frame-*.txt >film.svg
//
// A film needs no script: CSS moves a strip of frames past the window, which GitHub
// and browsers allow in an <img>. Without animation, or where the viewer asks for
// less motion, the frame in the middle stands still.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

func main() {
	each := flag.Duration("each", 250*time.Millisecond, "how long a film shows a frame")
	end := flag.Duration("end", 4*time.Second, "how long it shows the last one")
	flag.Parse()
	if err := draw(flag.Args(), *each, *end); err != nil {
		fmt.Fprintln(os.Stderr, "error: "+err.Error())
		os.Exit(1)
	}
}

func draw(files []string, each, end time.Duration) error {
	if len(files) == 0 {
		return fmt.Errorf("name the files with the screens")
	}
	var film []frame
	for _, name := range files {
		lines, err := read(name)
		if err != nil {
			return err
		}
		if len(lines) == 0 && len(film) == 0 {
			continue // before the program began to draw
		}
		film = append(film, frame{lines, each})
	}
	if len(film) == 0 {
		return fmt.Errorf("nothing is on the screens")
	}
	film[len(film)-1].shown = end
	out := bufio.NewWriter(os.Stdout)
	write(out, join(film))
	return out.Flush()
}

// frame is a screen and how long it is shown.
type frame struct {
	lines []string
	shown time.Duration
}

// read returns the lines of a screen, without the blank ones at its end.
func read(name string) ([]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	for len(lines) > 0 && strings.TrimSpace(ansi.Strip(lines[len(lines)-1])) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines, nil
}

// join merges neighbouring frames that look the same.
func join(film []frame) []frame {
	joined := film[:1]
	for _, f := range film[1:] {
		last := &joined[len(joined)-1]
		if strings.Join(f.lines, "\n") == strings.Join(last.lines, "\n") {
			last.shown += f.shown
			continue
		}
		joined = append(joined, f)
	}
	return joined
}
