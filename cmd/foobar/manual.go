package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"foobar/internal/action"
	"foobar/internal/engine"
)

func manualCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man [DIR]",
		Short: "Write the manual pages, a file for each command, into a folder",
		Long: `Writes the manual pages, a file for each command, into a folder, which is made
where there is none. Without a folder, the page of foobar itself goes to standard output.

    foobar man | man -l -
    sudo foobar man /usr/local/share/man/man1 && man foobar-deploy`,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				cmd.Root().DisableAutoGenTag = true
				return doc.GenMan(cmd.Root(), pageHeader(), os.Stdout)
			}
			n, err := writePages(cmd.Root(), args[0])
			if err != nil {
				return &action.Exit{Code: engine.ExitFailed, Err: fmt.Errorf("write the manual pages: %w", err)}
			}
			fmt.Printf("%d pages in %s; read one with: man -l %s/foobar.1\n", n, args[0], args[0])
			return nil
		},
	}
}

// pageHeader dates pages by the commit, so that two builds write the same ones.
func pageHeader() *doc.GenManHeader {
	v := built()
	header := &doc.GenManHeader{Section: "1", Source: "foobar " + v.Version, Manual: "foobar"}
	if at, err := time.Parse(time.RFC3339, v.Time); err == nil {
		header.Date = &at
	}
	return header
}

// writePages returns how many there are in the folder afterwards.
func writePages(root *cobra.Command, dir string) (int, error) {
	root.DisableAutoGenTag = true
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	return countPages(root), doc.GenManTree(root, pageHeader(), dir)
}

func countPages(cmd *cobra.Command) int {
	n := 1
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && !sub.IsAdditionalHelpTopicCommand() {
			n += countPages(sub)
		}
	}
	return n
}
