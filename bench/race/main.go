// Command race lets foobar, a hand-written floor and its peers do the same work in turn,
// on labs of their own, and draws what came out.
//
//	race run -runs 3 -rtts 0,20,100 >>results.jsonl   one JSON object a measurement
//	race draw README.md docs VERSION <results.jsonl          the table between the README's marks, and the plots
//	race scale README.md docs <benchmark.txt          the same of what many hosts cost
//	race relay MILLISECONDS PORT=HOST:PORT...         delays connections; run starts it
//
// Two labs stand side by side, as foobar and its peers deploy different sites: the
// peers' is smaller. The floor is what somebody would write by hand: of a first deploy of a
// site like foobar's, with the same packages, one upload and one script a host; of a check
// one cold ssh and one script a host that reads what a deployment decides.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error: "+err.Error())
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("want run, draw, scale or relay")
	}
	switch args[0] {
	case "run":
		return run(ctx, args[1:])
	case "draw":
		return draw(os.Stdin, args[1:])
	case "scale":
		return scale(os.Stdin, args[1:])
	case "relay":
		return relay(ctx, args[1:])
	}
	return fmt.Errorf("%q: want run, draw, scale or relay", args[0])
}
