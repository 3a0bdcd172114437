package facts

import (
	"slices"
	"strings"
)

// HostKeys is how the controller knows that the host is the host. It is what the
// connection shows, and no answer of the host.
type HostKeys struct {
	// Kinds are the kinds of host key by which the host is known and that it has, as
	// "ssh-ed25519"; empty where that was not seen.
	Kinds []string
	// More says what to write, and where, so that another of its keys is known, too:
	// one that it has proved to have. "" where there is none.
	More string
}

// OnlyECDSA reports whether the host is known by keys of that kind alone.
func (k HostKeys) OnlyECDSA() bool {
	return len(k.Kinds) > 0 && !slices.ContainsFunc(k.Kinds, func(kind string) bool { return !isECDSA(kind) })
}

// AlsoECDSA reports whether the host is known by a key of that kind and by one of
// another.
func (k HostKeys) AlsoECDSA() bool { return slices.ContainsFunc(k.Kinds, isECDSA) && !k.OnlyECDSA() }

// Certified reports whether an authority vouches for the host.
func (k HostKeys) Certified() bool {
	return slices.ContainsFunc(k.Kinds, func(kind string) bool { return strings.Contains(kind, "-cert-v01@") })
}

func isECDSA(kind string) bool { return strings.Contains(kind, "ecdsa-") }
