package lab

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// supported is nil: this system can have a lab.
func supported() error { return nil }

// mountOverlay mounts an overlay with the options of overlayfs.
func mountOverlay(at, options string) error { return unix.Mount("overlay", at, "overlay", 0, options) }

// unmount takes a mount away; one that is in use goes when its last user does.
func unmount(at string) error {
	if unix.Unmount(at, 0) == nil {
		return nil
	}
	return unix.Unmount(at, unix.MNT_DETACH)
}

// threadNetwork opens the network namespace that the calling thread stands in.
func threadNetwork() (*os.File, error) {
	return os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
}

// enterNetwork moves the calling thread into a network namespace.
func enterNetwork(ns *os.File) error { return unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET) }

// endsWithParent has a child ended when the thread that starts it ends.
func endsWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
