package playbooks

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/facts"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
)

func caOf(t *testing.T, fill byte) *pki.CA {
	t.Helper()
	ca, err := pki.New(bytes.Repeat([]byte{fill}, 32), "foobar", int(fill))
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// chainOf is a chain whose last certificate a CA has signed.
func chainOf(t *testing.T, ca *pki.CA) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := ca.SignIssuer(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), pki.Host{Names: []string{"x"}}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return string(cert)
}

// caFacts says what a host shows and trusts.
func caFacts(t *testing.T, s *play.Site, host string, shows *pki.CA, trusts ...*pki.CA) {
	f := s.Facts[host]
	f.TLS = facts.TLS{}
	if shows != nil {
		f.TLS.Chain = chainOf(t, shows)
	}
	for _, ca := range trusts {
		f.TLS.Trusted += string(ca.PEM())
	}
	s.Facts[host] = f
}

// caPlan is what a deploy wants of each host: whom it trusts at first, whether
// its certificate is replaced, and whether the trust in others ends.
func caPlan(t *testing.T, s *play.Site) map[string]string {
	t.Helper()
	plays, err := Site(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := play.Check(plays); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range plays {
		for _, h := range p.Hosts {
			want, err := p.Role.Resources(s, h)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range want {
				word := ""
				switch r := resource.Unwrap(r).(type) {
				case resource.File:
					if r.Path == "/etc/foobar/tls/ca.crt" {
						for _, cert := range pki.Certificates(r.Content) {
							name := cert.Subject.CommonName
							word += name[strings.LastIndex(name, " ")+1:]
						}
						word = "trust " + word
					}
				case resource.Reissue:
					word = ", reissue"
				case resource.Custom:
					if r.Name.Kind() == "trust" {
						word = ", end"
					}
				}
				if word != "" && !strings.HasSuffix(got[h.Name], word) { // two roles want the file
					got[h.Name] += word
				}
			}
		}
	}
	return got
}

// TestNewCAInThreeSteps: trust both, sign anew, trust one; the next run goes on from
// whatever point the last one was cut off at.
func TestNewCAInThreeSteps(t *testing.T) {
	first, second, outside := caOf(t, 1), caOf(t, 2), caOf(t, 9)
	for name, c := range map[string]struct {
		do               func(s *play.Site)
		lb1, web1, other string
	}{
		"bare": {func(s *play.Site) {
			for _, h := range s.Inv.Hosts {
				caFacts(t, s, h.Name, nil)
			}
		}, "trust 2", "trust 2", "trust 2"},
		"the CA is another one":              {func(*play.Site) {}, "trust 21, end", "trust 21, reissue, end", "trust 21, reissue, end"},
		"hosts are left out":                 {func(s *play.Site) { s.Limit = []string{"web1"} }, "trust 21", "trust 21", "trust 21"},
		"roles are left out":                 {func(s *play.Site) { s.Roles = []string{"rotation"} }, "trust 21", "trust 21", "trust 21"},
		"cut off when one host trusted both": {func(s *play.Site) { caFacts(t, s, "web1", first, second, first) }, "trust 21, end", "trust 21, reissue, end", "trust 21, reissue, end"},
		"cut off when one certificate was new": {func(s *play.Site) {
			for _, h := range s.Inv.Hosts {
				caFacts(t, s, h.Name, map[bool]*pki.CA{true: second, false: first}[h.Name == "web1"], second, first)
			}
		}, "trust 21, end", "trust 21, end", "trust 21, reissue, end"},
		"cut off before the trust ended": {func(s *play.Site) {
			for _, h := range s.Inv.Hosts {
				caFacts(t, s, h.Name, second, second, first)
			}
		}, "trust 21, end", "trust 21, end", "trust 21, end"},
		"done": {func(s *play.Site) {
			for _, h := range s.Inv.Hosts {
				caFacts(t, s, h.Name, second, second)
			}
		}, "trust 2", "trust 2", "trust 2"},
		"a host is new":              {func(s *play.Site) { caFacts(t, s, "web1", nil) }, "trust 21, end", "trust 21, end", "trust 21, reissue, end"},
		"a host vouches for its own": {func(s *play.Site) { caFacts(t, s, "web1", outside, outside, first) }, "trust 21, end", "trust 291, reissue, end", "trust 21, reissue, end"},
		"a host trusts one too many": {func(s *play.Site) {
			caFacts(t, s, "web1", second, second)
			f := s.Facts["web1"]
			f.TLS.Trusted += chainOf(t, outside)
			s.Facts["web1"] = f
		}, "trust 21, end", "trust 2", "trust 21, reissue, end"},
		"a host could not be asked":   {func(s *play.Site) { delete(s.Facts, "web1") }, "trust 21, end", "trust 21, end", "trust 21, reissue, end"},
		"one after all others":        {func(s *play.Site) { s.EarlierCAs = nil }, "trust 21, end", "trust 21, reissue, end", "trust 21, reissue, end"},
		"the balancer trusts neither": {func(s *play.Site) { caFacts(t, s, "lb1", nil); s.EarlierCAs = nil }, "trust 2", "trust 21, reissue, end", "trust 21, reissue, end"},
	} {
		s := SiteOf(t, "minimal.toml")
		s.CA, s.EarlierCAs = second, []*pki.CA{first}
		for _, h := range s.Inv.Hosts {
			caFacts(t, s, h.Name, first, first)
		}
		caFacts(t, s, "lb1", nil, first)
		c.do(s)
		got := caPlan(t, s)
		if got["lb1"] != c.lb1 || got["web1"] != c.web1 || got["web2"] != c.other {
			t.Errorf("%s: lb1 %q, web1 %q, web2 %q", name, got["lb1"], got["web1"], got["web2"])
		}
	}
}

// TestNewCAComesLast: nothing is signed anew before all that check certificates
// have loaded both authorities.
func TestNewCAComesLast(t *testing.T) {
	s := SiteOf(t, "minimal.toml")
	s.CA, s.EarlierCAs = caOf(t, 2), nil
	for _, h := range s.Inv.Hosts {
		caFacts(t, s, h.Name, caOf(t, 1), caOf(t, 1))
	}
	plays, err := Site(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := play.Check(plays); err != nil {
		t.Error(err)
	}
	after := map[string][]string{}
	for _, p := range plays {
		after[p.Name] = p.After
		if !slices.Contains(slices.Concat(p.After, p.Behind), "base") && !slices.Contains([]string{"base", "end of the old CA", "health"}, p.Name) {
			t.Errorf("%s may begin before every host trusts both", p.Name)
		}
	}
	for _, name := range []string{"base", "database", "balancer", "app", "web"} {
		if !slices.Contains(after["new certificates"], name) {
			t.Errorf("certificates are replaced before %s", name)
		}
	}
	if !slices.Contains(after["end of the old CA"], "new certificates") {
		t.Error("the old CA goes before the certificates are replaced")
	}
}
