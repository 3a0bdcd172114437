package firewall

import (
	"slices"
	"strings"

	"foobar/internal/ask"
)

// mostPublished is how many ports of containers are named.
const mostPublished = 10

// published names the ports that containers publish: Docker turns what comes in to them
// before ufw sees it. Podman does so, too, and what it turns passes ufw where ufw forwards all.
func published(save, forward string) []string {
	var ports []string
	docker := false
	for line := range strings.Lines(save) {
		docker = docker || strings.HasPrefix(line, ":DOCKER")
		podman := forward == "ACCEPT" && (strings.HasPrefix(line, "-A NETAVARK-DN-") || strings.HasPrefix(line, "-A CNI-DN-"))
		if !podman && !strings.HasPrefix(line, "-A DOCKER ") || !strings.Contains(line, " -j DNAT ") {
			continue
		}
		r := parseRule(strings.TrimSpace(line))
		for _, o := range r.options {
			if port, ok := strings.CutPrefix(o, "--dport "); ok {
				port = ask.Printable(port, 20) + "/" + strings.TrimPrefix(r.head["-p"], "-p ")
				if d := r.head["-d"]; d != "" {
					port = strings.TrimPrefix(d, "-d ") + ":" + port
				}
				ports = append(ports, ask.Printable(port, 60))
			}
		}
	}
	slices.Sort(ports)
	switch ports = slices.Compact(ports); {
	case len(ports) > mostPublished:
		return []string{"ports that containers publish bypass ufw: " + strings.Join(ports[:mostPublished], ", ") + " and more"}
	case len(ports) > 0:
		return []string{"ports that containers publish bypass ufw: " + strings.Join(ports, ", ")}
	case docker:
		return []string{"Docker is there: ports that its containers publish bypass ufw"}
	}
	return nil
}
