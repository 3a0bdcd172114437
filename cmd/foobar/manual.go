package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"foobar/internal/action"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/manual"
)

func manualCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man [DIR]",
		Short: "Write the manual pages, a file for each command, into a folder",
		Long: `Writes the manual pages, a file for each command, into the folder DIR, which it makes if
need be. Without DIR, it prints the page of foobar itself.

    foobar man | man -l -
    sudo foobar man /usr/local/share/man/man1 && man foobar-deploy

Exit status: 0 written, 1 the folder or a file cannot be written, 64 wrong usage.`,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return manual.Page(os.Stdout, cmd.Root(), pageHeader())
			}
			n, err := manual.Tree(cmd.Root(), pageHeader(), args[0])
			if err != nil {
				return &action.Exit{Code: engine.ExitFailed, Err: fault.Wrap(fault.LocalFile, fmt.Errorf("write the manual pages: %w", err))}
			}
			fmt.Printf("%d pages in %s; read one with: man -l %s/foobar.1\n", n, args[0], args[0])
			return nil
		},
	}
}

// pageHeader dates pages by the commit, so that two builds write the same ones.
func pageHeader() doc.GenManHeader {
	v := built()
	header := doc.GenManHeader{Section: "1", Source: "foobar " + v.Version, Manual: "foobar"}
	if at, err := time.Parse(time.RFC3339, v.Time); err == nil {
		header.Date = &at
	}
	return header
}
