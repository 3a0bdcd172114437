package action

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
)

// keeping is the master secret of a run and what is to become of it.
type keeping struct {
	inv    *inventory.Inventory
	master *secret.Master
	// fresh says that it is in no file: the first change of the site writes it.
	fresh bool
	// replace takes hosts over whose passwords come from another one.
	replace bool
	said    []string // what a person is to know once it is written
}

// loadMaster reads the master secret for the site; see secret.LoadMaster.
func loadMaster(inv *inventory.Inventory) (*secret.Master, error) {
	return secret.LoadMaster(inv.Secrets.Master, inv.Secrets.Generation, siteOf(inv))
}

func siteOf(inv *inventory.Inventory) secret.Site {
	return secret.Site{Name: inv.Site.Name, Domain: inv.Site.Domain}
}

// keep reads the master secret. Where there is none it takes a new one, which is not
// written yet: a site that is there already has another.
func keep(inv *inventory.Inventory) (*keeping, error) {
	k := &keeping{inv: inv}
	var err error
	if k.master, err = loadMaster(inv); !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if info, err := os.Stat(filepath.Dir(inv.Secrets.Master)); err != nil || !info.IsDir() {
		return nil, blame(inv, "secrets.master", fault.Wrap(fault.MasterMissing, fmt.Errorf("%s and its folder do not exist; is something not mounted?", inv.Secrets.Master)))
	}
	k.fresh = true
	k.master, err = secret.FreshMaster(inv.Secrets.Generation, siteOf(inv))
	return k, err
}

// toSave refuses to save a plan, or to deploy a saved one, where the passwords in it
// would come from a secret that is gone after the run.
func (k *keeping) toSave() error {
	if !k.fresh {
		return nil
	}
	file := k.inv.Secrets.Master
	return blame(k.inv, "secrets.master", fault.Wrap(fault.MasterMissing, fmt.Errorf(
		"a saved plan needs the master secret, from which the passwords in it come, and %s is not there; restore it from its copy, or make one for a new site: (umask 077; openssl rand -base64 32 >%s)", file, file)))
}

// write puts a fresh secret into its file, before the first change.
func (k *keeping) write() error {
	if !k.fresh {
		return nil
	}
	file := k.inv.Secrets.Master
	if err := k.master.Keep(file); err != nil {
		return blame(k.inv, "secrets.master", fault.Wrap(fault.LocalFile, fmt.Errorf("the new master secret could not be written, so nothing was changed: %w", err)))
	}
	k.fresh = false
	k.said = append(k.said, fmt.Sprintf("made %s: every password of this site is derived from it; keep a copy, and keep it secret", file))
	if said := secret.KeepOutOfGit(file); said != "" {
		k.said = append(k.said, said)
	}
	return nil
}

// judge refuses hosts that were deployed with another master secret: all their
// passwords would be replaced, and the private CA.
func (k *keeping) judge(s *play.Site, seen map[string]facts.Facts) error {
	var ours, others []string
	recorded, belongs := false, belonging(s)
	for _, h := range k.inv.Hosts {
		f := seen[h.Name]
		switch {
		case f.OwnedBy != k.inv.Site.Name || len(f.Owned) == 0 && f.Key == "":
		case belongs(f):
			ours = append(ours, h.Name)
		default:
			others = append(others, h.Name)
			recorded = recorded || f.Key != ""
		}
	}
	return k.verdict(ours, others, recorded)
}

func (k *keeping) verdict(ours, others []string, recorded bool) error {
	file, names := k.inv.Secrets.Master, strings.Join(others, ", ")
	take := "; when that is lost, replace every password and the private CA: foobar deploy --new-secrets " + k.inv.Path
	switch {
	case k.replace && len(ours) > 0 && len(others) == 0:
		return fault.Wrap(fault.Usage, fmt.Errorf("--new-secrets: %s have the secrets of %s already; deploy without it, or, to replace them, raise generation and ca_generation in [secrets]", strings.Join(ours, ", "), file))
	case len(others) == 0 || k.replace:
		return nil
	case k.fresh:
		return blame(k.inv, "secrets.master", fault.Wrap(fault.MasterMissing, fmt.Errorf(
			"%s is not there, and the passwords on %s come from it; fetch it from the machine that deployed last, or from its copy%s", file, names, take)))
	}
	how := ""
	if !recorded {
		how = ", as the private CA there shows (or site.domain was changed)"
	}
	return blame(k.inv, "secrets.master", fault.Wrap(fault.MasterOther, fmt.Errorf(
		"%s is not the master secret that the passwords on %s come from%s; nothing was changed: name the right file%s", file, names, how, take)))
}

// deployed refuses a host that another master secret's deploy has noted in its ledger:
// what an operation on databases lets replicas log in with would be wrong.
func (k *keeping) deployed(ctx context.Context, name string, t engine.Target) error {
	if k == nil {
		return nil
	}
	lines, _, err := ask.Bounds{Whole: time.Minute}.Answer(ctx, t, "[ ! -f /var/lib/foobar/owned.json ] || head -c 1048576 /var/lib/foobar/owned.json\n")
	var l facts.Ledger
	if err != nil || json.Unmarshal([]byte(strings.Join(lines, "\n")), &l) != nil || l.Key == "" || l.Key == k.master.Fingerprint() {
		return nil // what is damaged or lost there others will say
	}
	return k.verdict(nil, []string{name}, true)
}

// belonging reports whether a host was deployed with the site's master secret. An
// earlier version of foobar did not record it: then the CAs that the host trusts
// tell, and where there is none of foobar's, nothing speaks against it.
func belonging(s *play.Site) func(facts.Facts) bool {
	cas := sync.OnceValue(func() []*pki.CA { return possibleCAs(s) })
	return func(f facts.Facts) bool {
		if f.Key != "" {
			return f.Key == s.Master.Fingerprint()
		}
		trusted := slices.DeleteFunc(pki.Certificates([]byte(f.TLS.Trusted)), func(c *x509.Certificate) bool { return !pki.Named(c) })
		if len(trusted) == 0 {
			return true
		}
		return slices.ContainsFunc(cas(), func(ca *pki.CA) bool {
			key, _ := ca.Certificate().PublicKey.(ed25519.PublicKey)
			return slices.ContainsFunc(trusted, func(c *x509.Certificate) bool { return key.Equal(c.PublicKey) })
		})
	}
}

// mostGenerations is how many generations of the CA are tried for a host.
const mostGenerations = 20

// possibleCAs are all that a deploy with this master secret may have made.
func possibleCAs(s *play.Site) []*pki.CA {
	var all []*pki.CA
	name := s.Inv.Site.Name
	if ca, err := pki.NewV1(s.Master.SeedV1("ca/"+name), name); err == nil {
		all = append(all, ca)
	}
	for g := 1; g <= max(mostGenerations, s.Inv.Secrets.CAGeneration); g++ {
		if ca, err := pki.New(s.Master.Seed("ca/"+strconv.Itoa(g)), name, g); err == nil {
			all = append(all, ca)
		}
	}
	return all
}
