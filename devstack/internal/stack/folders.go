package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ordersaga/ordersaga/devstack/internal/process"
	"github.com/ordersaga/ordersaga/devstack/internal/progress"
)

// folders of one devstack.
type folders struct {
	dir  string
	user *process.User
	// data is the engines' own data; it may be elsewhere, with a link in dir.
	data string
}

func (f folders) file(name string) string { return filepath.Join(f.dir, name) }
func (f folders) records() string         { return filepath.Join(f.dir, "run") }
func (f folders) log(engine string) string {
	return filepath.Join(f.dir, "logs", engine+".log")
}

// make the folders that only this process uses.
func (f folders) make() error {
	// Another user must be able to enter the folder, not to list it.
	mode := fs.FileMode(0o700)
	if f.user != nil {
		mode = 0o711
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of the devstack: %w", err)
	}
	if err := os.Chmod(f.dir, mode); err != nil {
		return fmt.Errorf("opening the folder of the devstack: %w", err)
	}
	for _, folder := range []string{f.records(), filepath.Join(f.dir, "logs")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("making a folder of the devstack: %w", err)
		}
	}
	return nil
}

// placeData chooses the place of the engines' data: in the folder itself or, if the engines' user
// cannot enter it (a project below /root), in /var/lib with a link. Not in /var/tmp, where systems
// delete old files.
func (f *folders) placeData(identity string, print *progress.Printer) error {
	link := f.file("data")
	target, err := os.Readlink(link)
	switch {
	case err == nil: // placed elsewhere before
		if err := os.MkdirAll(target, 0o711); err != nil {
			return fmt.Errorf("making the data folder %s: %w", target, err)
		}
		f.data = target
		return nil
	case errors.Is(err, fs.ErrNotExist):
	default: // a real folder
		if f.user.CanReach(link) {
			f.data = link
			return nil
		}
		return fmt.Errorf("%s cannot be entered by %s: run as the user who owns it, or make the folders above it passable", link, f.user)
	}
	if f.user.CanReach(f.dir) {
		f.data = link
		return f.makeData()
	}
	// With the identity a new devstack at the same path does not use older data.
	hash := sha256.Sum256([]byte(f.dir + "\x00" + identity))
	f.data = filepath.Join("/var/lib/ordersaga-devstack", hex.EncodeToString(hash[:8]))
	if err := f.makeData(); err != nil {
		return err
	}
	if err := os.Symlink(f.data, link); err != nil {
		return fmt.Errorf("linking the data folder: %w", err)
	}
	print.Note("data", "in %s: the user %s, whom the engines run as, cannot enter %s", f.data, f.user.Name, f.dir)
	return nil
}

func (f *folders) makeData() error {
	if err := os.MkdirAll(f.data, 0o711); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	return nil
}

// engine returns an engine's folder, which its user owns. It fails for files of another user,
// because changing the owner of the folder would lock both users out.
func (f folders) engine(name string) (string, error) {
	folder := filepath.Join(f.data, name)
	err := os.Mkdir(folder, 0o700)
	if err == nil {
		return folder, f.user.Own(folder)
	}
	if !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("making the folder of %s: %w", name, err)
	}
	info, err := os.Stat(folder)
	if err != nil {
		return "", fmt.Errorf("looking at the folder of %s: %w", name, err)
	}
	if owner := int(info.Sys().(*syscall.Stat_t).Uid); owner != f.user.ID() {
		return "", fmt.Errorf("%s: its data in %s belongs to the user id %d, and it would run as %s: start the devstack as the user who did so first", name, folder, owner, f.user)
	}
	return folder, nil
}
