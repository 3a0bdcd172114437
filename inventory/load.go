package inventory

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"foobar/internal/fault"
)

// maxSize of an inventory in bytes; a larger file is something else.
const maxSize = 1 << 20

// Load reads and checks the inventory in a file. An error about its content is
// an *Errors.
func Load(path string) (*Inventory, error) {
	if err := noFile(path); err != nil {
		return nil, fault.Wrap(fault.InventoryUnread, err)
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(fault.InventoryUnread, fmt.Errorf("%w; %s", err, beside(path)))
	}
	if err != nil {
		return nil, fault.Wrap(fault.InventoryUnread, fmt.Errorf("read the inventory: %w", err))
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, fault.Wrap(fault.InventoryUnread, fmt.Errorf("read the inventory: %w", err))
	}
	return Parse(path, data)
}

// noFile says why a path that is none of a file was named.
func noFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case path == "":
		return errors.New("the name of the inventory is empty; name the file")
	case path == "-" && err != nil:
		return errors.New("an inventory is not read from standard input, because the paths in it count from its folder; name a file")
	case err == nil && !info.IsDir() && (!info.Mode().IsRegular() || strings.HasPrefix(path, "/dev/fd/") || path == "/dev/stdin" || strings.HasPrefix(path, "/proc/")):
		return fmt.Errorf("%s is a pipe, a device or no file's own name, and the paths in an inventory, such as that of the master secret, count from its folder; write the inventory to a file, and name that", path)
	case err != nil || !info.IsDir():
		return nil
	}
	if list := inventoriesIn(path); len(list) > 0 {
		return fmt.Errorf("%s is a folder; name the inventory in it, such as %s", path, filepath.Join(path, list[0]))
	}
	return fmt.Errorf("%s is a folder; name the inventory itself, or write one with foobar init", path)
}

// inventoriesIn are the names in a folder that an inventory may have.
func inventoriesIn(dir string) (names []string) {
	paths, _ := filepath.Glob(filepath.Join(dir, "*.toml"))
	for _, path := range paths {
		if name := filepath.Base(path); printable(name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// beside says which file was probably meant by one that is not there.
func beside(path string) string {
	dir, name := filepath.Split(path)
	stem, _, _ := strings.Cut(name, ".")
	var stems []string
	for _, one := range inventoriesIn(filepath.Clean(dir)) {
		stems = append(stems, strings.TrimSuffix(one, ".toml"))
	}
	near := Nearest(stem, stems)
	if near == "" || path == dir+near+".toml" { // its folder is not there
		return "name the right file, or write one with foobar init"
	}
	return "did you mean " + dir + near + ".toml?"
}

// Parse checks the text of an inventory and fills in the defaults. Errors name the
// path, and relative paths in the text count from its folder. Files that the
// inventory names must exist, but none is read. The error is an *Errors with
// everything that is wrong.
func Parse(path string, data []byte) (*Inventory, error) {
	r := &reader{path: path}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fault.Wrap(fault.InventoryUnread, fmt.Errorf("%s: find its folder: %w", path, err))
	}
	r.dir = filepath.Dir(abs)
	if len(data) > maxSize {
		r.say(fault.InventoryUnread, nil, fmt.Sprintf("the file is larger than %s, the most that an inventory may have; name the right file", showSize(maxSize)))
		return nil, &r.errs
	}
	if line, deep := tooDeep(string(data)); deep {
		r.errs.List = append(r.errs.List, &Error{Path: path, Line: line, Code: fault.Syntax,
			Message: fmt.Sprintf("brackets, braces or dots are nested more than %d deep, and no key of an inventory is deeper than 5; remove them", mostDeep)})
		return nil, &r.errs
	}
	values := map[string]any{}
	if _, err := toml.Decode(string(data), &values); err != nil {
		r.syntax(string(data), err)
		return nil, &r.errs
	}
	if len(values) == 0 {
		r.say(fault.Lacking, nil, "there is nothing in the file; write an inventory with foobar init, or name the right file")
		return nil, &r.errs
	}
	r.lines = scan(string(data))
	inv := r.inventory(&table{r: r, values: values})
	if err := Join(causes(r.errs.List)); err != nil {
		return nil, err
	}
	inv.Places = Places{r.lines}
	return inv, nil
}

// inventory reads every table, then judges the whole.
func (r *reader) inventory(root *table) *Inventory {
	inv := defaults(r.path)
	if v, ok := take[int64](root, "version", "version = 1"); ok && v != 1 {
		root.wrong("version", "%d is not known to this foobar; write version = 1, or use a foobar that knows it", v)
	}
	r.site(root.sub("site"), &inv.Site)
	r.ssh(root.sub("ssh"), &inv.SSH)
	r.deploy(root.sub("deploy"), &inv.Deploy)
	r.tls(root.sub("tls"), &inv.TLS)
	r.balancer(root.sub("lb"), &inv.LB)
	r.app(root.sub("app"), &inv.App)
	r.web(root.sub("web"), inv)
	r.database(root.sub("db"), inv)
	r.firewall(root.sub("firewall"), &inv.Firewall)
	r.monitoring(root.sub("monitoring"), &inv.Monitoring)
	r.secrets(root.sub("secrets"), &inv.Secrets)
	r.hosts(root.sub("hosts"), inv)
	root.end()
	r.whole(inv)
	return inv
}
