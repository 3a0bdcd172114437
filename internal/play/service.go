package play

import (
	"cmp"

	"foobar/internal/secret"
)

// Service is what is true of a service that a role brings to a host. Every verb takes
// what it needs from here.
type Service struct {
	// Name is what people call it, unique on a host.
	Name  string
	Layer Layer
	// Off says that the inventory switches it off: it keeps its ports, its logs
	// can be read, and nothing else is expected of it.
	Off bool
	// Units are the systemd units that should be active, in the order of their start.
	Units []string
	// Job is what the first of Units, a timer, starts; "" without one.
	Job string
	// Packages are Debian packages; the first brings the program.
	Packages []Package
	Ports    []Port
	// Journal is what it writes to the journal; its Unit is "" where that is nothing.
	Journal Journal
	// Files are its logs outside the journal.
	Files []File
	// Main says that its logs are shown when nobody names a service.
	Main bool
	// Texts are files, or patterns of such, whose lines the collector sends as they are.
	Texts     []string
	Collected Collected
	// Exporter gives its metrics to Prometheus; its Name is "" where there is none.
	Exporter Exporter
	// Health is a URL that the host itself asks: any answer but 200 means that it
	// does not do its work. "" where its units say all.
	Health string
	// Arrivals tells when data of this host, or of all, came in at the monitoring.
	Arrivals Arrivals
	// Disk is the room that a first deploy takes for it.
	Disk []Space
	// Reaches are URLs that the host must be able to fetch.
	Reaches []Endpoint
	// Etc is the folder of its configuration, where a deploy replaces what others
	// have written; "" where it adds to that.
	Etc string
	// Rivals are packages that do not go together with it.
	Rivals []Rival
	// Claims says that its packages are to be foobar's: where one is installed without the
	// note of Claim, a deploy refuses, and nothing removes it.
	Claims bool
	// Data is the folder of what it has gathered, which goes with the data of a host that
	// leaves; "" without one.
	Data string
}

// Space is room on a file system.
type Space struct {
	Path string
	MiB  int64
}

// Endpoint is a URL outside the site.
type Endpoint struct {
	// ID is that of the finding about it in "foobar check".
	ID  string
	URL string
	// CA is the inventory's key for the roots of its certificate.
	CA string
}

// Rival is a set of packages, each of which does not go together with a service.
type Rival struct {
	Packages []string
	// Boot says that they matter only when their unit starts at boot.
	Boot bool
	// Fatal says that a deploy would fail.
	Fatal bool
	// Why says what they do to the service, Fix is a command for their host in
	// which %s stands for the package.
	Why, Fix string
}

// Package is the package that brings the program; "" where none does.
func (s Service) Package() string {
	if len(s.Packages) == 0 {
		return ""
	}
	return s.Packages[0].Name
}

// Package is a Debian package.
type Package struct {
	Name string
	// Called is what people call its program; "" where its version is of no interest.
	Called string
}

// Journal chooses entries of the journal.
type Journal struct {
	// Unit is the unit that writes them, without ".service".
	Unit string
	// More are further units that write them.
	More []string
	// Also are other matches, as journalctl(1) takes them.
	Also []string
	// Grep is what an entry must contain.
	Grep string
	// Kept says that they stay on the host: the collector does not send them.
	Kept bool
}

// File is a log outside the journal.
type File struct {
	Path string
	// As is the account that reads it, where its folder is not root's.
	As     string
	Format Format
	// Under is a name by which it is asked for, when that is not its service's.
	Under string
}

// Format is how lines of a log are read.
type Format int

// The formats.
const (
	Stamped     Format = iota // the time as in RFC 3339, a space, and the text
	NginxErrors               // as nginx writes its error_log
	Requests                  // an object of JSON for each request
)

// Compare orders services by layer.
func (s Service) Compare(other Service) int { return cmp.Compare(s.Layer, other.Layer) }

// Collected is what the OpenTelemetry collector reads by receivers of a service's own.
type Collected struct {
	// Metrics and Logs name the receivers, by the pipeline they feed.
	Metrics, Logs []string
	// Config is what stands under "receivers:" for them, indented by two spaces, and
	// the secrets, by the environment variable under which the text names each; nil
	// without receivers.
	Config func(*Site) (yaml []byte, secrets map[string]secret.String, err error)
}

// Exporter is what Prometheus reads a service's metrics from, on the host's loopback.
type Exporter struct {
	// Name is the job at Prometheus.
	Name string
	// Port is where it answers /metrics.
	Port int
	// Requests selects its counter of requests, which also counts those of nobody's, such
	// as health checks; "" without one. Source: Prometheus' "Querying basics".
	Requests string
	// Package is Debian's, with a unit and a file in /etc/default of the same name; ""
	// where the service itself answers. Args are its arguments.
	Package, Args string
	// Script is a program of bash that prints the metrics where no port answers them as
	// they are; it is written to Program. "" without one.
	Script string
	// Foreign says that they are not foobar's nor a package's: Prometheus takes fewer of
	// them, and none under the names of others.
	Foreign bool
	// Path is a file with secrets that it reads and Config its content; nil without one.
	Path   string
	Config func(*Site) ([]byte, error)
}

// Program is where the Script of an exporter is.
func (e Exporter) Program() string { return "/usr/local/sbin/foobar-" + e.Name + "-metrics" }

// Layer is where a service stands on the way of a request.
type Layer int

// The layers, in the order in which services are named.
const (
	Edge   Layer = iota // faces the public
	Web                 // behind the balancer
	App                 // behind the web server
	Data                // behind the application
	System              // the host's own
	Watch               // looks at all the others
)
