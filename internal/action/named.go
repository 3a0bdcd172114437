package action

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"foobar/internal/fault"
)

// InventoryVariable names the inventory of those who do not name one.
const InventoryVariable = "FOOBAR_INVENTORY"

// StandardInventory is the one that counts when none is named.
const StandardInventory = "inventory.toml"

// Named takes the inventory from the front of the arguments of a verb, such as "foobar
// plan", of which it leaves the rest. Where none is named it is $FOOBAR_INVENTORY, or else
// the file of the usual name in this folder. What may follow the inventory, up to so many
// arguments, has neither a slash nor the ending .toml, and is no file. The flags are those
// that were given, by name; one of them may have taken the inventory for its value.
func Named(verb string, args []string, follow int, flags map[string]string) (path string, rest []string, err error) {
	if len(args) > 0 && (follow == 0 || len(args) > follow || namesFile(args[0])) {
		if later := slices.IndexFunc(args, namesFile); later > 0 && !namesFile(args[0]) {
			return "", nil, Usage(fmt.Errorf("the inventory comes before what is done with it: %s %s %s", verb, args[later], args[0]))
		}
		return args[0], args[1:], nil
	}
	if path := os.Getenv(InventoryVariable); path != "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return "", nil, Usage(fault.Wrap(fault.InventoryUnread, fmt.Errorf("there is no %s, which %s names; set it to another file, or unset it", path, InventoryVariable)))
		}
		return path, args, nil
	}
	if _, err := os.Stat(StandardInventory); err == nil {
		return StandardInventory, args, nil
	}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		switch value := flags[name]; {
		case !strings.HasSuffix(value, ".toml"):
		case name == "identity":
			return "", nil, Usage(fmt.Errorf("-i gives a private key; name the inventory without a flag: %s %s", verb, value))
		default:
			return "", nil, Usage(fmt.Errorf("--%s took %s for its value; give the flag one of its own: %s %s --%s …", name, value, verb, value, name))
		}
	}
	return "", nil, Usage(fmt.Errorf("no inventory is named, and there is no ./%s; name one (%s site.toml), set %s, or write one with foobar init", StandardInventory, verb, InventoryVariable))
}

// namesFile reports whether an argument can only be a file.
func namesFile(arg string) bool {
	if strings.HasSuffix(arg, ".toml") || strings.ContainsRune(arg, os.PathSeparator) {
		return true
	}
	info, err := os.Stat(arg)
	return err == nil && info.Mode().IsRegular()
}
