package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Supervisor owns the child processes of one folder.
type Supervisor struct {
	runDir string // lock and records
	logDir string
	say    func(format string, args ...any)
	lock   *os.File
	// lifeline is the standard input of every child. Nothing is written to it; it is closed when
	// the supervisor ends, also when it is killed.
	lifeline, held *os.File

	mu       sync.Mutex
	children []*Child
}

// New locks the folder: another supervisor on it is an error. say prints one line per call.
func New(dir string, say func(format string, args ...any)) (*Supervisor, error) {
	s := &Supervisor{runDir: filepath.Join(dir, "run"), logDir: filepath.Join(dir, "logs"), say: say}
	for _, folder := range []string{s.runDir, s.logDir} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder %s: %w", folder, err)
		}
	}
	lock, err := takeLock(filepath.Join(s.runDir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	s.lock = lock
	if err := releaseAll(s.runDir); err != nil {
		lock.Close()
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if s.lifeline, s.held, err = os.Pipe(); err != nil {
		lock.Close()
		return nil, fmt.Errorf("make the pipe for the children: %w", err)
	}
	return s, nil
}

// Start runs the program and keeps it running until Stop.
func (s *Supervisor) Start(program Program) (*Child, error) {
	if err := rotate(s.LogFile(program.Name)); err != nil {
		return nil, err
	}
	child := &Child{supervisor: s, program: program.withDefaults(), quit: make(chan struct{}), done: make(chan struct{})}
	s.mu.Lock()
	s.children = append(s.children, child)
	s.mu.Unlock()
	if err := child.start(); err != nil {
		close(child.done)
		return nil, err
	}
	go child.keep()
	return child, nil
}

// LogFile returns the path of a program's log.
func (s *Supervisor) LogFile(name string) string { return filepath.Join(s.logDir, name+".log") }

// Stop ends the children one after the other, the last started first. Each gets SIGTERM, and
// SIGKILL after its patience; after hurry is closed each gets its signal Hurried and at most 10 s.
func (s *Supervisor) Stop(hurry <-chan struct{}) {
	s.mu.Lock()
	children := slices.Clone(s.children)
	s.mu.Unlock()
	for _, child := range slices.Backward(children) {
		child.Stop(hurry)
	}
	s.held.Close()
	s.lifeline.Close()
	s.lock.Close()
}
