package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"foobar/internal/ask"
	"foobar/internal/fault"
)

// version is what the binary knows of itself.
type version struct {
	Version  string `json:"version"`            // of the module, "(devel)" outside a release
	Revision string `json:"revision,omitempty"` // the commit it was built from
	Time     string `json:"time,omitempty"`     // of that commit, RFC 3339
	Modified bool   `json:"modified"`           // built with changes that are not in the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// stamp is VERSION,COMMIT,TIME in a release, where the linker puts it; else it is
// empty. Nothing assigns to it.
var stamp string

// built reads what the Go toolchain wrote into the binary, and the release's stamp.
func built() version {
	v := version{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.take(info)
	}
	v.takeStamp(stamp)
	return v
}

// takeStamp reads what git describe, git rev-parse and the commit's date said when
// the release was built.
func (v *version) takeStamp(stamp string) {
	parts := strings.Split(stamp, ",")
	if len(parts) != 3 {
		return
	}
	v.Version, v.Revision, v.Time = parts[0], parts[1], parts[2]
	v.Modified = strings.HasSuffix(v.Version, "-dirty")
}

func (v *version) take(info *debug.BuildInfo) {
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	if info.GoVersion != "" {
		v.Go = info.GoVersion
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
}

// String is one line for people.
func (v version) String() string {
	text := "foobar " + v.Version
	if v.Revision != "" {
		text += ", commit " + v.Revision[:min(12, len(v.Revision))]
		if v.Time != "" {
			text += " of " + v.Time
		}
		if v.Modified {
			text += " with changes"
		}
	}
	return text + ", " + v.Go + " " + v.Platform
}

// short is the version for lists.
func (v version) short() string {
	if v.Revision == "" {
		return v.Version
	}
	return v.Version + " " + v.Revision[:min(12, len(v.Revision))]
}

func versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version, the commit it was built from, and Go's version",
		Long: `Shows the version, the commit it was built from, and Go's version.

    foobar version
    foobar version -o json | jq -r .revision

Exit status: 0 shown, 64 wrong usage.`,
		Args: upTo(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := wantsJSON(cmd)
			if err != nil {
				return err
			}
			if asJSON {
				return ask.WriteJSON(os.Stdout, built())
			}
			_, err = fmt.Println(built())
			return fault.Or(fault.LocalFile, err)
		},
	}
	addOutput(cmd)
	return cmd
}
