package action

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"foobar/internal/bundle"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/preflight"
	"foobar/internal/sh"
	"foobar/inventory"
)

// certificateSoon is how long before its end a certificate is warned of.
const certificateSoon = 21 * 24 * time.Hour

// hereCheck collects what the controller sees without asking a host.
type hereCheck struct {
	inv    *inventory.Inventory
	list   []preflight.Finding
	python string // what the app asks for
}

func (c *hereCheck) add(id, level, fix, format string, args ...any) {
	c.list = append(c.list, preflight.Finding{ID: id, Level: level, Fix: fix, Seen: fmt.Sprintf(format, args...)})
}

// wrong adds an error, with its code.
func (c *hereCheck) wrong(id, fix, format string, err error, args ...any) {
	c.add(id, preflight.Fail, fix, format, append(args, err)...)
	c.list[len(c.list)-1].Code = fault.Of(err)
}

// checkHere looks at what the inventory names, and makes nothing; offline it
// runs nothing, either. It returns the texts of CA files, too.
func checkHere(ctx context.Context, inv *inventory.Inventory, offline bool) (preflight.Here, preflight.Files) {
	c := &hereCheck{inv: inv}
	hosts := fmt.Sprintf("%d hosts", len(inv.Hosts))
	if len(inv.Hosts) == 1 {
		hosts = "1 host"
	}
	c.add("inventory", preflight.OK, "", "%s: %s, no error", inv.Path, hosts)
	noMaster, known := c.master()
	c.secrets(ctx, offline)
	files := c.files()
	c.certificate()
	c.app()
	c.habits()
	return preflight.Here{Findings: c.list, NoMaster: noMaster, Belongs: known, Python: c.python}, files
}

// master returns the path of the master secret where it does not exist yet. That is an
// error only on hosts that were deployed with it before, which a look at them tells, as
// known does of one that is there.
func (c *hereCheck) master() (missing string, known func(facts.Facts) bool) {
	path := c.inv.Secrets.Master
	_, err := os.Lstat(path)
	if folder := filepath.Dir(path); errors.Is(err, fs.ErrNotExist) && !isFolder(folder) {
		c.wrong("master-secret", "make the folder, mount it, or correct secrets.master", "%v", fault.Wrap(fault.MasterMissing, fmt.Errorf("%s and its folder do not exist", path)))
		return "", nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	master, err := loadMaster(c.inv)
	if err != nil {
		c.wrong("master-secret", "restore "+sh.Quote(path)+" from its copy, mode 0600", "%v", err)
		return "", nil
	}
	c.add("master-secret", preflight.OK, "", "%s; keep a copy of it", path)
	site := &play.Site{Inv: c.inv, Master: master}
	return "", belonging(site)
}

func (c *hereCheck) secrets(ctx context.Context, offline bool) {
	sources, deployed := allSources(c.inv), secretSources(c.inv)
	var well []string
	for _, key := range slices.Sorted(maps.Keys(sources)) {
		src := sources[key]
		if offline && len(src.Command) > 0 {
			c.add("secret", preflight.OK, "", "%s comes from %s, which was not run", key, src.Command[0])
			continue
		}
		if _, err := secretOf(ctx, c.inv, key, src); err != nil {
			c.wrong("secret", secretFix(c.inv, key, src, err), "%v", err)
			if _, now := deployed[key]; !now { // the hosts are deployed without it
				c.list[len(c.list)-1].Level = preflight.Warn
			}
			continue
		}
		well = append(well, key)
	}
	if len(well) > 0 {
		c.add("secret", preflight.OK, "", "%s can be read", strings.Join(well, ", "))
	}
}

func secretFix(inv *inventory.Inventory, key string, src inventory.Source, err error) string {
	switch {
	case fault.Of(err) == fault.SecretOpen:
		return "chmod 600 " + sh.Quote(src.File)
	case src.Env != "" && key == "monitoring.token":
		return "export " + src.Env + "=…, or enabled = false under [monitoring]"
	case src.Env != "":
		return "export " + src.Env + "=…"
	case src.File != "":
		return "write it to " + sh.Quote(src.File) + ", mode 0600"
	}
	if errors.Is(err, exec.ErrNotFound) {
		return "install " + src.Command[0] + ", or correct the command of " + key
	}
	return "run it by hand: cd " + sh.Quote(inv.Folder()) + " && " + sh.Join(src.Command...)
}

// files checks the files of namedFiles, and returns the texts of those that hold CAs.
func (c *hereCheck) files() preflight.Files {
	files := preflight.Files{}
	named := namedFiles(c.inv)
	for _, key := range slices.Sorted(maps.Keys(named)) {
		raw, err := os.ReadFile(named[key])
		switch {
		case err != nil:
			c.wrong("file", "correct "+key, "%v", blame(c.inv, key, err))
			continue
		case strings.HasSuffix(key, "_ca") || strings.HasSuffix(key, ".ca"):
			if !x509.NewCertPool().AppendCertsFromPEM(raw) {
				c.add("file", preflight.Fail, "name a PEM file with the roots", "%s: there is no certificate in %s", key, named[key])
				continue
			}
			files[key] = string(raw)
		}
		c.add("file", preflight.OK, "", "%s can be read", key)
	}
	return files
}

// certificate judges tls.cert and tls.key.
func (c *hereCheck) certificate() {
	if c.inv.TLS.Cert == "" {
		return
	}
	_, pair, err := publicPEM(c.inv)
	if err != nil {
		c.wrong("certificate", "give the certificate of "+strings.Join(c.inv.Site.Names(), ", ")+" and its own key", "%v", err)
		return
	}
	leaf, now := pair.Leaf, time.Now()
	until := leaf.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case now.After(leaf.NotAfter):
		c.add("certificate", preflight.Fail, "renew it", "tls.cert expired on %s", until)
		c.list[len(c.list)-1].Code = fault.CertificateEnds
	case now.Before(leaf.NotBefore):
		c.add("certificate", preflight.Fail, "see this machine's clock", "tls.cert is valid only from %s on", leaf.NotBefore.UTC().Format(time.DateTime))
		c.list[len(c.list)-1].Code = fault.CertificateEnds
	default:
		gap, fix := gapIn(pair.Certificate, now)
		if gap != "" {
			c.add("certificate", preflight.Warn, fix, "%s", gap)
		}
		// Of one for a few days, the last quarter is soon.
		soon := min(certificateSoon, leaf.NotAfter.Sub(leaf.NotBefore)/4)
		if now.Add(soon).After(leaf.NotAfter) {
			c.add("certificate", preflight.Warn, "renew it", "tls.cert expires on %s", until)
			c.list[len(c.list)-1].Code = fault.CertificateEnds
		} else if gap == "" {
			c.add("certificate", preflight.OK, "", "tls.cert matches its key and the site's names, and is valid until %s", until)
		}
	}
}

// importable reports whether a release may hold a module: where the app runs, in a folder
// of the release that its PYTHONPATH names, or, where the release is built as a project, in
// the folder src of it.
func importable(b *bundle.Bundle, pythonPath, module string) bool {
	folders := append([]string{"."}, strings.Split(pythonPath, ":")...)
	if b.Has("pyproject.toml") && (b.Itself || !b.Has("requirements.txt")) {
		folders = append(folders, "src")
	}
	return slices.ContainsFunc(folders, func(folder string) bool {
		return b.Has(path.Join(folder, module+".py")) || b.Has(path.Join(folder, module))
	})
}

// packagesFiles name Python packages for other programs than pip, those first that a pyproject.toml
// does not replace; each with what writes them to requirements.txt.
var packagesFiles = [][2]string{
	{"uv.lock", "uv export --no-dev --no-emit-project -o requirements.txt"},
	{"poetry.lock", "poetry export -o requirements.txt"},
	{"pdm.lock", "pdm export --prod -o requirements.txt"},
	{"Pipfile", "pipenv requirements > requirements.txt"},
	{"setup.py", "echo . > requirements.txt"},
	{"environment.yml", ""},
}

// passedOver says which of those files no host reads, and what to do about it; "" of a source
// without, or with requirements.txt.
func passedOver(b *bundle.Bundle) (seen, fix string) {
	i := slices.IndexFunc(packagesFiles, func(f [2]string) bool { return b.Has(f[0]) })
	if i < 0 || b.Has("requirements.txt") || b.Has("pyproject.toml") && i > 3 {
		return "", ""
	}
	seen, fix = packagesFiles[i][0]+" is not read, and no Python packages are installed", "write the packages to requirements.txt"
	if b.Has("pyproject.toml") {
		seen = packagesFiles[i][0] + " is not read; only pyproject.toml is, of which the newest versions that it allows are installed"
	}
	if how := packagesFiles[i][1]; how != "" {
		fix += ": " + how
	}
	if b.Has("src") {
		fix += `; and add PYTHONPATH = "src" to [app.env], if the app is in it`
	}
	return seen, fix
}

// app packs the source as a deploy would.
func (c *hereCheck) app() {
	if c.inv.App.Source == "" {
		return
	}
	b, err := bundle.Pack(c.inv.App.Source, c.inv.App.Build...)
	if err != nil {
		fix := "correct the folder: foobar docs app.source"
		if _, advice, ok := strings.Cut(err.Error(), "; "); ok {
			fix = advice
		}
		c.add("app", preflight.Fail, fix, "%v", err)
		return
	}
	defer b.Close()
	c.python = b.Python
	entry := c.inv.App.Entrypoint
	if entry == "" {
		entry = "wsgi:app"
	}
	module, _, _ := strings.Cut(entry, ":")
	file := strings.ReplaceAll(module, ".", "/")
	if !importable(b, c.inv.App.Env["PYTHONPATH"], file) {
		fix := "name the program's module and its WSGI attribute: foobar docs app.entrypoint"
		if importable(b, "src", file) {
			fix = `add PYTHONPATH = "src" to [app.env]`
		}
		c.add("app", preflight.Warn, fix, "release %s packs, but holds no %s.py for the entry point %s", b.ID, file, entry)
		return
	}
	if seen, fix := passedOver(b); seen != "" && len(c.inv.App.Packages) == 0 {
		c.add("app", preflight.Warn, fix, "release %s packs, but %s", b.ID, seen)
		return
	}
	without := b.Without()
	if without != "" {
		without = ", without " + without
	}
	c.add("app", preflight.OK, "", "%s packs as release %s%s", c.inv.App.Source, b.ID, without)
}
