package roles

import (
	_ "embed" // script
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/facts"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// HostReleases is what a host says of the app's releases.
type HostReleases struct {
	Kept []KeptRelease
	// Current is the release in use, Running the one from which the app was started; "" where
	// that is none of foobar's.
	Current, Running string
	// Log is what became of releases, the oldest first.
	Log []ReleaseNote
}

// KeptRelease is a release that a host keeps.
type KeptRelease struct {
	ID    string
	Built time.Time
	Size  int64 // bytes
}

// ReleaseNote is a line of the host's log: at a time, a release was "switched" to, "failed"
// and was taken back, or was gone "back" to by somebody.
type ReleaseNote struct {
	At            time.Time
	Word, ID, Who string
}

//go:embed app_releases_ask.sh
var askReleases string

// ReleasesQuestion is POSIX sh that prints what ReadReleases reads; it changes nothing.
func ReleasesQuestion(inv *inventory.Inventory) string {
	return "(" + sh.Set("site", siteFolder(inv), "log", appLog) + releaseMark + askReleases + ")\n"
}

// ReadReleases reads the answer to ReleasesQuestion, which comes from a host: what is no
// such line is passed over.
func ReadReleases(lines []string) HostReleases {
	var h HostReleases
	for _, line := range lines {
		f := strings.SplitN(line, " ", 5)
		switch {
		case len(f) == 4 && f[0] == "kept" && releaseID.MatchString(f[3]):
			built, err := strconv.ParseInt(f[1], 10, 40)
			size, wrong := strconv.ParseInt(f[2], 10, 40)
			if err == nil && wrong == nil && built > 0 && size >= 0 && len(h.Kept) < mostKept {
				h.Kept = append(h.Kept, KeptRelease{ID: f[3], Built: time.Unix(built, 0), Size: size << 10})
			}
		case len(f) == 2 && f[0] == "current" && releaseID.MatchString(f[1]):
			h.Current = f[1]
		case len(f) == 2 && f[0] == "running" && releaseID.MatchString(f[1]):
			h.Running = f[1]
		case len(f) >= 4 && f[0] == "log" && releaseID.MatchString(f[3]):
			at, err := strconv.ParseInt(f[1], 10, 40)
			if err != nil || at <= 0 || len(h.Log) >= mostNotes {
				continue
			}
			n := ReleaseNote{At: time.Unix(at, 0), Word: f[2], ID: f[3]}
			if len(f) == 5 {
				n.Who = strings.TrimSpace(f[4])
			}
			h.Log = append(h.Log, n)
		}
	}
	return h
}

// What is read of a host's answer at the most.
const (
	mostKept  = 100
	mostNotes = 1000
)

// AppDeployed reports whether a host with these facts got the app with a deploy.
func AppDeployed(f facts.Facts) bool {
	return slices.Contains(f.Owned, string(resource.NewID("file", appUnit)))
}
