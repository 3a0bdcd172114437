package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// size is what a site of so many hosts cost the controller, as bench/scale's benchmark
// prints it: all runs of one size.
type size struct {
	hosts       int
	cpu, memory []float64 // milliseconds a host, MiB in all
}

var (
	benchLine = regexp.MustCompile(`(?m)^BenchmarkPlan/(\d+)(?:-\d+)?\s.*$`)
	benchCPU  = regexp.MustCompile(`([\d.]+) cpu-ms/host`)
	benchMiB  = regexp.MustCompile(`([\d.]+) MiB(?:\s|$)`)
)

// scale reads what the benchmark has printed, and writes the README's part and a plot.
func scale(in io.Reader, args []string) error {
	if len(args) != 2 {
		return errors.New("want the README and the folder of the plots")
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	sizes, err := readSizes(string(text))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(args[1], "scale.svg"), picture(scaleCharts(sizes)), 0o644); err != nil {
		return err
	}
	return put(args[0], "scale", scaleTable(sizes))
}

func readSizes(text string) ([]size, error) {
	by := map[int]*size{}
	for _, line := range benchLine.FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(line[1])
		cpu, memory := benchCPU.FindStringSubmatch(line[0]), benchMiB.FindStringSubmatch(line[0])
		if err != nil || cpu == nil || memory == nil {
			return nil, fmt.Errorf("not a line of the benchmark: %q", line[0])
		}
		if by[n] == nil {
			by[n] = &size{hosts: n}
		}
		ms, err1 := strconv.ParseFloat(cpu[1], 64)
		mib, err2 := strconv.ParseFloat(memory[1], 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		by[n].cpu, by[n].memory = append(by[n].cpu, ms), append(by[n].memory, mib)
	}
	if len(by) < 2 {
		return nil, errors.New("want the benchmark's lines of at least two sizes")
	}
	var all []size
	for _, s := range by {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b size) int { return a.hosts - b.hosts })
	return all, nil
}

// perHost is the memory that hosts take beyond what the smallest site does.
func perHost(s, least size) float64 {
	return (spanOf(s.memory).middle - spanOf(least.memory).middle) / float64(s.hosts-least.hosts)
}

func scaleTable(sizes []size) string {
	var b strings.Builder
	b.WriteString("| hosts | CPU a host | memory | memory for each further host |\n|--:|--:|--:|--:|\n")
	for i, s := range sizes {
		further := ""
		if i > 0 {
			further = figures(perHost(s, sizes[0])) + " MiB"
		}
		fmt.Fprintf(&b, "| %d | %s ms | %s MiB | %s |\n", s.hosts, figures(spanOf(s.cpu).middle), figures(spanOf(s.memory).middle), further)
	}
	b.WriteString("\n![CPU a host and memory of the controller, by the number of hosts](docs/scale.svg)\n")
	return b.String()
}

func scaleCharts(sizes []size) []chart {
	cpu := chart{title: "CPU of the controller, a host", across: "hosts", unit: " ms", baseX: 4}
	memory := chart{title: "memory of the controller", across: "hosts", unit: " MiB", baseX: 4, baseY: 10}
	of := series{name: names["foobar"], colour: colours["foobar"]}
	inMemory := of
	for _, s := range sizes {
		n := float64(s.hosts)
		cpu.marks, memory.marks = append(cpu.marks, n), append(memory.marks, n)
		of.points = append(of.points, point{n, spanOf(s.cpu)})
		inMemory.points = append(inMemory.points, point{n, spanOf(s.memory)})
	}
	cpu.lines, memory.lines = []series{of}, []series{inMemory}
	return []chart{cpu, memory}
}
