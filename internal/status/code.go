package status

import (
	"strings"

	"foobar/internal/fault"
)

// wordsOf are words of a finding that say which failure it is.
type wordsOf struct {
	words string
	code  fault.Code
}

// codeOf is the code of a finding, by the words that it is made of.
func codeOf(format string) fault.Code {
	for _, c := range codes() {
		if strings.Contains(format, c.words) {
			return c.code
		}
	}
	return fault.Drifted
}

// codes are tried in order. What has none of the words is a host that is not as the
// inventory says.
func codes() []wordsOf {
	return []wordsOf{
		{"collector is not healthy", fault.NotReady},
		{"that the monitoring has of it are", fault.DataStale},
		{"the monitoring has no data", fault.DataStale},
		{"the monitoring refuses what it sends", fault.DataStale},
		{"%s is %s%s", fault.ServiceDead},
		{"restarted %d times", fault.ServiceDead},
		{"has failed", fault.ServiceDead},
		{"timer %s failed", fault.ServiceDead},
		{"firewall is open", fault.FirewallOpen},
		{"HAProxy does not answer", fault.NotReady},
		{"%s at the balancer%s", fault.Unhealthy},
		{"no web server is up", fault.Unhealthy},
		{"connections are in use", fault.NearLimit},
		{"no certificate is served", fault.NotReady},
		{"certificate expire", fault.CertificateEnds},
		{"is valid only from", fault.CertificateEnds},
		{"for the other hosts expire", fault.CertificateEnds},
		{"%s is %d %% %s", fault.DiskFull},
		{"memory are available", fault.OutOfMemory},
		{"clock is off", fault.ClockOff},
		{"last backup", fault.NoBackup},
		{"needs a reboot", fault.RebootDue},
	}
}
