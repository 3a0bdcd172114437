package action

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ProtonMail/go-crypto/openpgp"

	"foobar/internal/bundle"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
	"foobar/playbooks"
)

// prepare is what the controller knows before it has seen a host: it reads the
// secrets, derives the CA and packs the app. It makes nothing.
func (c *Common) prepare(ctx context.Context, inv *inventory.Inventory) (*play.Site, *keeping, error) {
	k, err := keep(inv)
	if err != nil {
		return nil, nil, err
	}
	s := &play.Site{Inv: inv, Master: k.master}
	if err := c.fill(ctx, s); err != nil {
		return nil, nil, err
	}
	return s, k, nil
}

func (c *Common) fill(ctx context.Context, s *play.Site) (err error) {
	inv := s.Inv
	if err := deriveCAs(s); err != nil {
		return err
	}
	if s.Secrets, err = readSecrets(ctx, inv); err != nil {
		return err
	}
	if inv.TLS.Cert != "" {
		if s.PublicPEM, _, err = publicPEM(inv); err != nil {
			return err
		}
	}
	if inv.App.Source != "" {
		if s.App, err = bundle.Pack(inv.App.Source, inv.App.Build...); err != nil {
			return blame(inv, "app.source", fault.Wrap(fault.LocalFile, err))
		}
	}
	return nil
}

// deriveCAs makes the site's private CA, and those that its hosts may have yet:
// of the generations before, the nearest first, and of earlier versions of foobar.
func deriveCAs(s *play.Site) error {
	name, generation := s.Inv.Site.Name, s.Inv.Secrets.CAGeneration
	for g := generation; g > max(0, generation-4); g-- {
		ca, err := pki.New(s.Master.Seed("ca/"+strconv.Itoa(g)), name, g)
		if err != nil {
			return err
		}
		if g == generation {
			s.CA = ca
		} else {
			s.EarlierCAs = append(s.EarlierCAs, ca)
		}
	}
	v1, err := pki.NewV1(s.Master.SeedV1("ca/"+name), name)
	s.EarlierCAs = append(s.EarlierCAs, v1)
	return err
}

// readSecrets reads what the inventory names and roles need, by its key.
func readSecrets(ctx context.Context, inv *inventory.Inventory) (map[string]secret.String, error) {
	secrets := map[string]secret.String{}
	for key, src := range secretSources(inv) {
		value, err := secretOf(ctx, inv, key, src)
		if err != nil {
			return nil, err
		}
		secrets[key] = value
	}
	for key, path := range namedFiles(inv) {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, blame(inv, key, fault.Wrap(fault.LocalFile, err))
		}
		if key == "db.package.key" {
			if err := onlyKey(raw, inv.DB.Package.Fingerprint); err != nil {
				return nil, blame(inv, key, fault.Wrap(fault.MirrorUntrusted, fmt.Errorf("%s: %w", path, err)))
			}
		}
		if strings.HasSuffix(key, ".snippet") {
			if err := configLines(raw); err != nil {
				return nil, blame(inv, key, fault.Wrap(fault.LocalFile, fmt.Errorf("%s %w", path, err)))
			}
		}
		secrets[key] = secret.New(string(raw))
	}
	return secrets, nil
}

// secretOf reads a secret, whose key an error names.
func secretOf(ctx context.Context, inv *inventory.Inventory, key string, src inventory.Source) (secret.String, error) {
	value, err := secret.Read(ctx, secret.Source{Env: src.Env, File: src.File, Command: src.Command, Dir: inv.Folder()})
	if err == nil {
		err = fits(key, value.Reveal())
	}
	if err != nil {
		return value, blame(inv, key, err)
	}
	return value, nil
}

// fits refuses what would be sent as it is, so that nothing is monitored, or nobody told: quotes
// that a file of variables kept, a space, a second line. Nor does systemd take each for the app. What
// was given is not shown.
func fits(key, value string) error {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'`", r) }
	switch {
	case strings.HasPrefix(key, "app.secrets.") && !utf8.ValidString(value):
		return fault.Wrap(fault.SecretBad, errors.New("what its source gives is no text in UTF-8, which alone can be a variable of the app, and systemd would show it in the journal; give it in base64 there"))
	case !strings.HasPrefix(key, "monitoring.") || strings.HasSuffix(key, ".password"):
	case strings.HasSuffix(key, ".url"):
		if inventory.WebhookURL(value) != nil {
			return fault.Wrap(fault.SecretBad, errors.New("what its source gives is not the URL of a webhook; it must be one line that begins with https:// or http://, without a user and password, quotes or any of $ { } \\"))
		}
	case strings.ContainsFunc(value, odd):
		return fault.Wrap(fault.SecretBad, errors.New("what its source gives has a quote, a space, a line end or a letter that no such key has; give the bare key there"))
	}
	return nil
}

// onlyKey makes sure that a file of OpenPGP keys holds the one of that
// fingerprint and no other: apt would trust them all.
func onlyKey(file []byte, fingerprint string) error {
	keys, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(file))
	if err != nil {
		if keys, err = openpgp.ReadKeyRing(bytes.NewReader(file)); err != nil {
			return fmt.Errorf("it holds no OpenPGP key: %w", err)
		}
	}
	if len(keys) == 0 {
		return errors.New("it holds no OpenPGP key")
	}
	for _, k := range keys {
		if got := strings.ToUpper(hex.EncodeToString(k.PrimaryKey.Fingerprint)); got != fingerprint {
			return fmt.Errorf("it holds the key %s, not only %s; get the key again, and compare its fingerprint with what its owner publishes", got, fingerprint)
		}
	}
	return nil
}

// secretSources are the secrets of the inventory, by their key.
func secretSources(inv *inventory.Inventory) map[string]inventory.Source {
	want := map[string]inventory.Source{}
	if inv.Monitoring.Enabled && inv.Monitoring.Provider == inventory.SumoLogic {
		want["monitoring.token"] = inv.Monitoring.Token
	}
	if inv.Monitoring.Enabled && inv.Monitoring.Provider == inventory.Datadog {
		want["monitoring.api_key"] = inv.Monitoring.APIKey
	}
	if inv.Monitoring.Enabled && inv.Monitoring.Provider == inventory.Prometheus {
		maps.Copy(want, inv.Monitoring.NotifySources())
	}
	for name, src := range inv.App.Secrets {
		want["app.secrets."+name] = src
	}
	if inv.App.IndexSecret != nil {
		want["app.index_url"] = *inv.App.IndexSecret
	}
	for name, src := range inv.Web.Auth.Users {
		want["web.auth.users."+name] = src
	}
	return want
}

// accessSources are those of the monitoring service's API, which this machine alone asks:
// no role gets them, and so no host.
func accessSources(inv *inventory.Inventory) map[string]inventory.Source {
	switch m := inv.Monitoring; m.Account() {
	case inventory.SumoLogic:
		return map[string]inventory.Source{"monitoring.access_id": m.AccessID, "monitoring.access_key": m.AccessKey}
	case inventory.Datadog:
		return map[string]inventory.Source{"monitoring.api_key": m.APIKey, "monitoring.application_key": m.ApplicationKey}
	}
	return nil
}

// allSources are all secrets that the inventory names, by their key.
func allSources(inv *inventory.Inventory) map[string]inventory.Source {
	all := secretSources(inv)
	maps.Copy(all, accessSources(inv))
	maps.Copy(all, inv.Monitoring.NotifySources())
	return all
}

// namedFiles are files that the inventory names, by their key. They are no secrets;
// they are read here because roles do no I/O.
func namedFiles(inv *inventory.Inventory) map[string]string {
	files := map[string]string{"tls.acme_ca": inv.TLS.ACMECA, "monitoring.ca": inv.Monitoring.CA, "app.index_ca": inv.App.IndexCA, "monitoring.package.key": inv.Monitoring.Package.Key, "db.package.key": inv.DB.Package.Key,
		"web.snippet": inv.Web.Snippet, "lb.snippet": inv.LB.Snippet}
	maps.DeleteFunc(files, func(_, path string) bool { return path == "" })
	return files
}

// playsOf makes the plays of the whole for a site and the facts seen.
func playsOf(s *play.Site, k *keeping) func(map[string]facts.Facts) (*play.Site, []play.Play, error) {
	return playsBy(playbooks.Site, s, k)
}

// playsBy makes those of a playbook.
func playsBy(book func(*play.Site) ([]play.Play, error), s *play.Site, k *keeping) func(map[string]facts.Facts) (*play.Site, []play.Play, error) {
	return func(seen map[string]facts.Facts) (*play.Site, []play.Play, error) {
		if err := k.judge(s, seen); err != nil {
			return nil, nil, err
		}
		full := *s
		full.Facts, full.Owned = seen, playbooks.Owned()
		plays, err := book(&full)
		return &full, plays, err
	}
}

// knownRoles refuses a part that no play has.
func knownRoles(names []string) error {
	known := playbooks.Roles()
	for _, n := range names {
		if slices.Contains([]string{inventory.LB, inventory.Web, inventory.DB}, n) {
			return fault.Wrap(fault.NoSuch, fmt.Errorf("--parts %s: there is no such part; hosts with the role %s are chosen by -l %s", n, n, n))
		}
		if !slices.Contains(known, n) {
			return fault.Wrap(fault.NoSuch, fmt.Errorf("--parts %s: there is no such part; %s", n, inventory.DidYouMean(n, known, "the parts are")))
		}
	}
	return nil
}
