package action

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/record"
	"foobar/internal/sh"
	"foobar/inventory"
	"foobar/playbooks"
)

// trustVariable says what is done about the commands of an inventory: "all" runs
// them without a question, "known" refuses without one what was not allowed
// before. Without it a person is asked, and where nobody can be, they run.
const trustVariable = "FOOBAR_TRUST"

// mostTrusted bounds how many answers are remembered.
const mostTrusted = 500

// load reads an inventory whose commands may run.
func (c *Common) load() (*inventory.Inventory, error) {
	inv, err := playbooks.Load(c.Inventory)
	if err != nil {
		return nil, Usage(err)
	}
	return inv, c.allow(inv)
}

// allow asks a person once whether what the inventory runs on this machine may
// run, and again when it has changed.
func (c *Common) allow(inv *inventory.Inventory) error {
	list := commandsOf(inv)
	how := os.Getenv(trustVariable)
	if how != "" && how != "all" && how != "known" {
		return Usage(fmt.Errorf("%s=%s: give all or known", trustVariable, how))
	}
	if len(list) == 0 || how == "all" {
		return nil
	}
	known, err := trustFile()
	if err == nil && known.has(digestOfCommands(inv, list)) {
		return nil
	}
	refused := func() error {
		return Usage(fault.Wrap(fault.NotAllowed, fmt.Errorf("%s: its commands were not allowed to run on this machine: %s", inv.Path, strings.Join(list, "; "))))
	}
	switch {
	case how == "known":
		return refused()
	case !c.Console.CanAsk():
		return nil
	}
	fmt.Fprintf(ask.Safe(c.Console.Err), "%s has commands that run on this machine, as you. They are new, or have changed:\n  %s\n", inv.Path, strings.Join(list, "\n  "))
	yes, err := Agreed(c.Console.Asker, "Run them, now and later")
	if err != nil {
		return err
	}
	if !yes {
		return refused()
	}
	if err := known.add(digestOfCommands(inv, list)); err != nil {
		fmt.Fprintln(ask.Safe(c.Console.Err), "warning: the answer is not remembered: "+err.Error())
	}
	return nil
}

// commandsOf lists what an inventory runs on this machine, with the keys: proxy
// commands, commands that give secrets, and files of ssh's settings, which may
// hold commands.
func commandsOf(inv *inventory.Inventory) []string {
	hosts := map[string][]string{}
	for _, h := range inv.Hosts {
		if c := h.SSH.ProxyCommand; c != "" && c != "none" && !ownDialer(c) {
			hosts["ssh.proxy_command: "+c] = append(hosts["ssh.proxy_command: "+c], h.Name)
		}
		if c := h.SSH.Config; c != "" && c != "none" {
			hosts["ssh.config: "+c] = append(hosts["ssh.config: "+c], h.Name)
		}
	}
	var list []string
	for text, names := range hosts {
		list = append(list, text+" (for "+planview.Names(names)+")")
	}
	for key, src := range allSources(inv) {
		if len(src.Command) > 0 {
			list = append(list, key+": "+sh.Join(src.Command...))
		}
	}
	slices.Sort(list)
	return list
}

var labName = regexp.MustCompile(`^env FOOBAR_LAB=[a-z0-9-]+ `)

// ownDialer reports whether a proxy command is this very program, as foobar lab
// inventory writes it.
func ownDialer(command string) bool {
	self, err := os.Executable()
	return err == nil && labName.ReplaceAllString(command, "") == sh.Quote(self)+" lab dial %h %p"
}

// digestOfCommands stands for an inventory's commands: their words, where they
// stand, and the bytes of files beside the inventory that they name.
func digestOfCommands(inv *inventory.Inventory, list []string) string {
	folder := inv.Folder()
	sum := sha256.New()
	fmt.Fprintf(sum, "%q\n%q\n", filepath.Join(folder, filepath.Base(inv.Path)), list)
	files := map[string]bool{}
	for _, h := range inv.Hosts {
		files[h.SSH.Config] = true
		for _, word := range strings.Fields(h.SSH.ProxyCommand) {
			files[word] = true
		}
	}
	for _, src := range allSources(inv) {
		for _, word := range src.Command {
			files[word] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		at := filepath.Clean(name)
		if !filepath.IsAbs(name) {
			at = filepath.Join(folder, name)
		}
		if !strings.HasPrefix(at, folder+"/") {
			continue
		}
		if file, err := os.Open(at); err == nil {
			one := sha256.New()
			_, _ = io.Copy(one, io.LimitReader(file, 16<<20)) // a folder reads as nothing
			file.Close()
			fmt.Fprintf(sum, "%q %x\n", name, one.Sum(nil))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// trusted is the file of the digests that a person has allowed, a line each.
type trusted string

// trustFile lies beside the records, for its owner alone.
func trustFile() (trusted, error) {
	base, err := record.Base()
	return trusted(filepath.Join(filepath.Dir(base), "trusted")), err
}

func (t trusted) lines() []string {
	raw, err := os.ReadFile(string(t))
	if err != nil {
		return nil
	}
	return strings.Fields(string(raw))
}

func (t trusted) has(digest string) bool { return slices.Contains(t.lines(), digest) }

// add remembers a digest; the file is replaced as a whole.
func (t trusted) add(digest string) error {
	list := append(t.lines(), digest)
	list = list[max(0, len(list)-mostTrusted):]
	folder := filepath.Dir(string(t))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, "trusted-") // 0600
	if err != nil {
		return err
	}
	_, err = file.WriteString(strings.Join(list, "\n") + "\n")
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), string(t))
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}
