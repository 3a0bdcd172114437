package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"

	"foobar/internal/bundle"
	"foobar/internal/facts"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
	"foobar/playbooks"
	"foobar/roles"
)

// site is what the controller knows before it has seen a host.
type site struct {
	base play.Site
}

// prepare reads the secrets, derives the CA and packs the app.
func prepare(ctx context.Context, inv *inventory.Inventory) (*site, error) {
	master, created, err := secret.LoadMaster(inv.Secrets.Master, inv.Secrets.Generation, true)
	if err != nil {
		return nil, err
	}
	if created {
		fmt.Fprintf(os.Stderr, "made %s: every password of this site is derived from it; keep a copy, and keep it secret\n", inv.Secrets.Master)
	}
	s := &site{base: play.Site{Inv: inv, Master: master, Secrets: map[string]secret.String{}}}
	if s.base.CA, err = pki.New(master.Seed("ca/"+inv.Site.Name), inv.Site.Name); err != nil {
		return nil, err
	}
	if err := s.readSecrets(ctx, inv); err != nil {
		return nil, err
	}
	if inv.TLS.Cert != "" {
		if s.base.PublicPEM, err = publicPEM(inv); err != nil {
			return nil, err
		}
	}
	if inv.App.Source != "" {
		if s.base.App, err = bundle.Pack(inv.App.Source); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *site) readSecrets(ctx context.Context, inv *inventory.Inventory) error {
	for key, src := range secretSources(inv) {
		value, err := secret.Read(ctx, secret.Source{Env: src.Env, File: src.File, Command: src.Command})
		if err != nil {
			return fmt.Errorf("%s: %s: %w", inv.Path, key, err)
		}
		s.base.Secrets[key] = value
	}
	for key, path := range namedFiles(inv) {
		raw, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", inv.Path, key, err)
		}
		if key == "db.package.key" {
			if err := onlyKey(raw, inv.DB.Package.Fingerprint); err != nil {
				return fmt.Errorf("%s: %s: %s: %w", inv.Path, key, path, err)
			}
		}
		s.base.Secrets[key] = secret.New(string(raw))
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
			return fmt.Errorf("it holds the key %s, not only %s; get the key anew, and compare its fingerprint with what its owner publishes", got, fingerprint)
		}
	}
	return nil
}

// secretSources are the secrets of the inventory, by their key.
func secretSources(inv *inventory.Inventory) map[string]inventory.Source {
	want := map[string]inventory.Source{}
	if inv.Monitoring.Enabled {
		want["monitoring.token"] = inv.Monitoring.Token
	}
	for name, src := range inv.App.Secrets {
		want["app.secrets."+name] = src
	}
	return want
}

// namedFiles are files that the inventory names, by their key. They are no
// secrets, but roles do no I/O.
func namedFiles(inv *inventory.Inventory) map[string]string {
	files := map[string]string{"tls.acme_ca": inv.TLS.ACMECA, "monitoring.ca": inv.Monitoring.CA, "monitoring.package.key": inv.Monitoring.Package.Key, "db.package.key": inv.DB.Package.Key}
	maps.DeleteFunc(files, func(_, path string) bool { return path == "" })
	return files
}

// publicPEM joins certificate and key as HAProxy reads them, after a check that
// they belong together and cover the site's names.
func publicPEM(inv *inventory.Inventory) (secret.String, error) {
	cert, err := os.ReadFile(inv.TLS.Cert)
	if err != nil {
		return secret.String{}, fmt.Errorf("tls.cert: %w", err)
	}
	key, err := os.ReadFile(inv.TLS.Key)
	if err != nil {
		return secret.String{}, fmt.Errorf("tls.key: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return secret.String{}, fmt.Errorf("tls.cert and tls.key: %w", err)
	}
	for _, name := range inv.Site.Names() {
		if err := pair.Leaf.VerifyHostname(name); err != nil {
			return secret.String{}, fmt.Errorf("tls.cert: %w", err)
		}
	}
	return secret.New(strings.TrimRight(string(cert), "\n") + "\n" + string(key)), nil
}

// build makes the plays for the facts seen.
func (s *site) build(seen map[string]facts.Facts) (*play.Site, []play.Play, error) {
	full := s.base
	full.Facts = seen
	plays, err := playbooks.Site(&full)
	return &full, plays, err
}

func (s *site) close() {
	if s.base.App != nil {
		_ = s.base.App.Close()
	}
}

// knownRoles refuses a role that no play has.
func knownRoles(names []string) error {
	known := roles.Names()
	for _, n := range names {
		if !slices.Contains(known, n) {
			return fmt.Errorf("--roles %s: the roles are %s", n, strings.Join(known, ", "))
		}
	}
	return nil
}
