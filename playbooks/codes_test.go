package playbooks

import (
	"testing"

	"foobar/internal/fault/faulttest"
)

func TestCodeOfOtherSystems(t *testing.T) {
	s := SiteOf(t, "minimal.toml")
	f := s.Facts["web1"]
	f.OS, f.Pretty = "alpine", "Alpine Linux v3.22"
	s.Facts["web1"] = f
	_, err := Site(s)
	faulttest.Wants(t, err, "HOST01")
}
