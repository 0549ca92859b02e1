package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/ordersaga/ordersaga/devstack/internal/process"
)

// create creates the database cluster once. It is created in a temporary folder and renamed when it
// is complete, so that an interrupted start leaves no incomplete data.
func (s *Server) create(ctx context.Context) error {
	if version, err := versionOf(s.data()); err != nil || version != "" {
		return err
	}
	unfinished := s.data() + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("clearing the unfinished %s: %w", unfinished, err)
	}
	passwordFile := filepath.Join(s.Folder, "initdb.password")
	if err := s.ownedFile(passwordFile, s.Password+"\n"); err != nil {
		return err
	}
	defer os.Remove(passwordFile)
	child, err := process.Start(process.Program{
		Name: "initdb", Path: filepath.Join(s.binaries, "initdb"),
		Args: []string{
			"--pgdata", unfinished, "--username", Superuser, "--pwfile", passwordFile,
			"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", locale(), "--data-checksums",
		},
		Env: environment(), Dir: s.Folder, User: s.User, Log: s.Log, Death: syscall.SIGKILL, Records: s.Records,
	})
	if err != nil {
		return err
	}
	select {
	case <-child.Done():
	case <-ctx.Done():
		child.Stop(ctx.Done())
		return context.Cause(ctx)
	}
	if err := child.Err(); err != nil {
		return fmt.Errorf("creating the database cluster: initdb ended with %w, see %s", err, s.Log)
	}
	if err := os.Rename(unfinished, s.data()); err != nil {
		return fmt.Errorf("creating the database cluster: %w", err)
	}
	return nil
}

// locale returns a locale that sorts by code point, with upper and lower case beyond ASCII if the
// system has it (FerretDB accepts both).
func locale() string {
	if runtime.GOOS == "linux" {
		return "C.UTF-8"
	}
	return "C"
}

// environment returns the environment of PostgreSQL's programs, without the user's PG variables.
func environment() []string {
	return []string{"LC_ALL=C", "LANG=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")}
}

func (s *Server) ownedFile(path, content string) error {
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return s.User.Own(path)
}

// writeAccess writes pg_hba.conf: connections with a password from this machine, and from others
// only when the server does not listen on loopback.
func (s *Server) writeAccess() error {
	rules := []string{
		"local all all scram-sha-256",
		"host all all 127.0.0.1/32 scram-sha-256",
		"host all all ::1/128 scram-sha-256",
	}
	if !s.Loopback {
		rules = append(rules, "host all all all scram-sha-256")
	}
	return s.ownedFile(s.accessFile(), strings.Join(rules, "\n")+"\n")
}

// clearStaleLock removes the lock file of a server that has ended. PostgreSQL does so itself unless
// another process of the same user has the old id, which is common when a container restarts. The
// devstack's folder is locked and leftovers are ended before, so a server that still runs is one
// whose record was lost.
func (s *Server) clearStaleLock() error {
	path := filepath.Join(s.data(), "postmaster.pid")
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the lock file of the server: %w", err)
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	if pid, err := strconv.Atoi(strings.TrimSpace(first)); err == nil && process.RunsWith(pid, s.data()) {
		return fmt.Errorf("another PostgreSQL (process id %d) runs on %s: stop it first", pid, s.data())
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("removing the stale lock file of the server: %w", err)
	}
	return nil
}
