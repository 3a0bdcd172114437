// Package status asks every host of a site, with one script each, how it is,
// and says what is wrong and what to do about it. It changes nothing.
//
// Gatherer.Take asks; Read understands one host's answer; Judge finds what is
// wrong; Plain renders. The last three are pure.
package status

import (
	"slices"
	"time"

	"foobar/internal/fault"
	"foobar/internal/firewall"
	"foobar/internal/play"
)

// Version is that of the JSON form. It is raised when a field goes or changes
// its meaning; new fields may come without.
const Version = 1

// Status is a site at one moment, and the document of "status -o json".
// Sizes are bytes, durations seconds, times RFC 3339; a field that is absent or
// null was not asked for or not answered.
type Status struct {
	V         int       `json:"v"`
	Site      string    `json:"site"`
	Domain    string    `json:"domain"`
	Inventory string    `json:"inventory"`
	Taken     time.Time `json:"taken"`
	// Partial says that not all hosts were asked, so that less can be wrong.
	Partial bool `json:"partial,omitempty"`
	// Healthy says that there is no finding of the severity "problem".
	Healthy  bool      `json:"healthy"`
	Findings []Finding `json:"findings"`
	Hosts    []Host    `json:"hosts"` // in the order of the inventory

	programs []play.Package
}

// The severities of a finding. Only problems make a site unhealthy.
const (
	Problem = "problem"
	Notice  = "notice"
)

// Finding is one thing that is wrong, or soon will be.
type Finding struct {
	Severity string `json:"severity"`       // Problem or Notice
	Host     string `json:"host,omitempty"` // "" when it concerns the site
	Text     string `json:"text"`           // one sentence without a full stop
	Next     string `json:"next"`           // the command to run, or what else to do
	// Code is the failure's in the catalogue.
	Code fault.Code `json:"code"`
}

// Host is what one host answered.
type Host struct {
	Name    string   `json:"name"`
	Address string   `json:"address"`
	Roles   []string `json:"roles"`
	// Weight is the share at the balancer that the inventory gives the host.
	Weight int `json:"weight"`
	// Reached says that the host answered to the end; else Error says why not
	// and Hint what helps.
	Reached bool   `json:"reached"`
	Error   string `json:"error,omitempty"`
	Hint    string `json:"hint,omitempty"`
	// Code is that of Error in the catalogue.
	Code fault.Code `json:"code,omitempty"`

	System      *System         `json:"system,omitempty"`
	Services    []Service       `json:"services,omitempty"`
	Firewall    *firewall.State `json:"firewall,omitempty"`
	Balancer    *Balancer       `json:"balancer,omitempty"`
	Certificate *Certificate    `json:"certificate,omitempty"`
	// Internal is the certificate that the host shows to the other hosts.
	Internal  *Certificate `json:"internal_certificate,omitempty"`
	Release   *Release     `json:"release,omitempty"`
	Database  *Database    `json:"database,omitempty"`
	Backup    *Backup      `json:"backup,omitempty"`
	Collector *Collector   `json:"collector,omitempty"`
	// Data tells of those that came in at the monitoring.
	Data *Arrived `json:"data,omitempty"`
	// Timers are the app's.
	Timers []Timer `json:"timers,omitempty"`
	// Packages are the versions of the packages behind the services.
	Packages map[string]string `json:"packages,omitempty"`
	// Unmanaged is what of others stays in the areas that foobar owns.
	Unmanaged []Unmanaged `json:"unmanaged,omitempty"`
	// LastRun is the last run that changed the host, or set out to.
	LastRun *Run `json:"last_run,omitempty"`

	bound   *bound             // that the app ran into lately
	arrived map[string]Arrived // by host: what it knows of its own data, or of those of all
}

// Has reports whether the inventory gives the host a role.
func (h Host) Has(role string) bool { return slices.Contains(h.Roles, role) }

// System is the machine beneath the services.
type System struct {
	OS     string  `json:"os"` // as /etc/os-release has it in PRETTY_NAME
	Kernel string  `json:"kernel"`
	Uptime float64 `json:"uptime_seconds"`
	Load   float64 `json:"load_1m"`
	CPUs   int     `json:"cpus"`
	// MemoryAvailable is what programs could still get without swapping.
	MemoryTotal     int64 `json:"memory_total_bytes"`
	MemoryAvailable int64 `json:"memory_available_bytes"`
	// Disks are the file systems of /, /var and /srv, each once.
	Disks []Disk `json:"disks"`
	// ClockOffset is the host's clock less the controller's, in seconds; it is
	// known to within ClockError, half the time the question took.
	ClockOffset float64 `json:"clock_offset_seconds"`
	ClockError  float64 `json:"clock_error_seconds"`
	// RebootFor are the packages that ask for a reboot; NewerKernel is what would
	// run after one, where an older kernel runs now.
	RebootPending bool     `json:"reboot_pending"`
	RebootFor     []string `json:"reboot_for,omitempty"`
	NewerKernel   string   `json:"newer_kernel,omitempty"`
	FailedUnits   []string `json:"failed_units"`
}

// Disk is the use of one file system.
type Disk struct {
	Mount      string `json:"mount"`
	Total      int64  `json:"total_bytes"`
	Free       int64  `json:"free_bytes"`
	UsedPct    int    `json:"used_percent"`
	InodesUsed int    `json:"inodes_used_percent"`
}

// Service is a unit as systemd has it.
type Service struct {
	Unit     string    `json:"unit"`
	Load     string    `json:"load"`   // loaded, not-found, masked…
	Active   string    `json:"active"` // active, inactive, failed, activating…
	Sub      string    `json:"sub"`
	Enabled  string    `json:"enabled"` // enabled, disabled…
	Result   string    `json:"result"`  // success, exit-code, signal…
	Restarts int       `json:"restarts"`
	Since    time.Time `json:"since,omitzero"` // of the last change of its state

	name  string // of the service it belongs to
	aside bool   // something else shows that it is up
	watch bool   // it is the monitoring's
}

// missing reports whether the host has no such unit.
func (s Service) missing() bool { return s.Load == "not-found" || s.Load == "" }

// Up reports whether the unit does its work.
func (s Service) Up() bool { return s.Active == "active" || s.Active == "reloading" }

// Release is the version of the application on a host.
type Release struct {
	// Current is what the link names, Running what the process was started
	// from; "" when there is none.
	Current string    `json:"current"`
	Since   time.Time `json:"since,omitzero"` // when the link was made
	Running string    `json:"running,omitempty"`
	// Complete says that the release was built to its end, Kept counts those on the disk.
	Complete bool `json:"complete"`
	Kept     int  `json:"kept"`
}

// Collector is the answer of the collector's health check.
type Collector struct {
	Healthy bool   `json:"healthy"`
	Answer  string `json:"answer"` // "HTTP 200", or why there is none

	service, unit string // that was asked
}
