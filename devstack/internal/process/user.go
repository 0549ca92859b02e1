package process

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// User is the ordinary user that the engines run as when the devstack runs as root: PostgreSQL
// refuses root.
type User struct {
	Name string
	UID  int
	GID  int
}

// Unprivileged finds the user to run engines as: nil for the current user, unless it is root.
func Unprivileged() (*User, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(found.Uid)
		if err != nil {
			return nil, fmt.Errorf("user %s has the id %q", name, found.Uid)
		}
		gid, err := strconv.Atoi(found.Gid)
		if err != nil {
			return nil, fmt.Errorf("user %s has the group %q", name, found.Gid)
		}
		return &User{Name: name, UID: uid, GID: gid}, nil
	}
	return nil, fmt.Errorf("running as root needs an ordinary user for the engines: there is neither postgres nor nobody")
}

// String names the user.
func (u *User) String() string {
	if u == nil {
		return "the current user"
	}
	return "the user " + u.Name
}

// ID of the user.
func (u *User) ID() int {
	if u == nil {
		return os.Geteuid()
	}
	return u.UID
}

func (u *User) credential() *syscall.Credential {
	if u == nil {
		return nil
	}
	return &syscall.Credential{Uid: uint32(u.UID), Gid: uint32(u.GID)}
}

// Own gives the file or folder to the user.
func (u *User) Own(path string) error {
	if u == nil {
		return nil
	}
	if err := os.Lchown(path, u.UID, u.GID); err != nil {
		return fmt.Errorf("giving %s to the user %s: %w", path, u.Name, err)
	}
	return nil
}

// CanReach tries whether the user may enter the folder, which depends on every parent folder.
func (u *User) CanReach(folder string) bool {
	cmd := exec.Command("/bin/sh", "-c", ":")
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: u.credential()}
	return cmd.Run() == nil
}
