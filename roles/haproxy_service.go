package roles

import (
	_ "embed" // scripts
	"strings"
	"time"

	"foobar/internal/distro"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// syslogService writes HAProxy's log.
func syslogService() resource.Service {
	return resource.Service{
		Unit: "rsyslog.service", Loads: []resource.ID{resource.NewID("file", haproxySyslog)},
		Check: `said=$(rsyslogd -N1 2>&1) || { printf '%s\n' "$said"; exit 1; }`,
		Ready: "[ -S " + haproxyLogSock + " ]",
	}
}

func haproxyService(s *play.Site, h *inventory.Host) resource.Service {
	dropIn := resource.NewID("file", haproxyDropIn)
	return resource.Service{
		Unit: haproxyUnit, Reload: true, Disruptive: true,
		Loads: []resource.ID{resource.NewID("file", haproxyConf), resource.NewID("file", publicCertificate(s)),
			resource.NewID("file", leafCA), dropIn},
		Restarts:     []resource.ID{dropIn},
		ReloadScript: haproxyTakeIn(s, h),
		Check:        "haproxy -c -q -f " + haproxyConf,
		Ready:        "echo 'show info' | socat -t 5 - UNIX-CONNECT:" + haproxyAdmin + " 2>/dev/null | grep -q '^Uptime'",
		ReadyTimeout: 30 * time.Second,
	}
}

// haproxyReload asks the master process for a reload and waits for the answer whether
// the new worker runs: systemctl reload returns before that is known. HAProxy before
// 2.7 gives no answer but counts failed reloads. The script is part of certbot's hook
// on the hosts. Source: HAProxy's management guide, "Master CLI".
func haproxyReload(system distro.Release) string {
	if system.CountsReloads {
		return strings.TrimSpace(reloadScript)
	}
	return strings.TrimSpace(reloadOldScript)
}

var (
	//go:embed haproxy_reload.sh
	reloadScript string
	//go:embed haproxy_reload_old.sh
	reloadOldScript string
)
