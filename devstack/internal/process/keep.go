package process

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ordersaga/ordersaga/devstack/internal/progress"
)

// Service is a program that is restarted when it dies.
type Service struct {
	Name string
	// Start starts the program once.
	Start func(ctx context.Context) (*Child, error)
	// Answers returns nil when the program works.
	Answers func(ctx context.Context) error
	// Patience bounds one start until it answers.
	Patience time.Duration
	// Steps to end the program.
	Steps []Step
	// Restarted is called with the new process id when the program answers again.
	Restarted func(pid int)
	Print     *progress.Printer

	mu       sync.Mutex
	child    *Child
	answered bool
	stopping chan struct{}
	watched  chan struct{}
}

// The pauses between restarts double from the first to the last, and start again when the program
// has run for the settled time.
const (
	firstWait = 500 * time.Millisecond
	lastWait  = 30 * time.Second
	settled   = time.Minute
)

const graceWhileStarting = 3 * time.Second

// Run starts the program and keeps it running until Stop. It returns when the program answers for
// the first time, or with an error when it does not.
func (s *Service) Run(ctx context.Context) error {
	s.stopping = make(chan struct{})
	s.watched = make(chan struct{})
	if err := s.bringUp(ctx); err != nil {
		close(s.watched)
		return err
	}
	go s.watch()
	return nil
}

// Pid returns the program's current process id; 0 while it is not running.
func (s *Service) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return 0
	}
	return s.child.Pid
}

// Stop ends the program for good. It may be called when Run failed or was never called.
func (s *Service) Stop(hurry <-chan struct{}) {
	if s.stopping == nil {
		return
	}
	close(s.stopping)
	if child := s.current(); child != nil {
		child.Stop(hurry, s.steps()...)
	}
	<-s.watched
	// A restart may have been in progress.
	if child := s.current(); child != nil {
		child.Stop(hurry, s.steps()...)
	}
}

func (s *Service) current() *Child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.child
}

func (s *Service) bringUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	child, err := s.Start(ctx)
	if err != nil {
		return err
	}
	s.set(child, false)
	if err := child.Await(ctx, s.Answers); err != nil {
		return err
	}
	s.set(child, true)
	return nil
}

func (s *Service) set(child *Child, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.child, s.answered = child, answered
}

// steps returns the steps to end the program. One that has not answered yet is killed at once: it
// has no work to finish, and RabbitMQ handles SIGTERM only after its start.
func (s *Service) steps() []Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	steps := slices.Clone(s.Steps)
	if !s.answered {
		for i := range steps {
			steps[i].Grace = min(steps[i].Grace, graceWhileStarting)
		}
	}
	return steps
}

func (s *Service) watch() {
	defer close(s.watched)
	wait := firstWait
	for born := time.Now(); ; born = time.Now() {
		child := s.current()
		select {
		case <-s.stopping:
			return
		case <-child.Done():
		}
		if closed(s.stopping) {
			return
		}
		if time.Since(born) > settled {
			wait = firstWait
		}
		s.Print.Note(s.Name, "died (%s), restarting in %s", child.Fate(), wait)
		if !s.restart(&wait) {
			return
		}
	}
}

// restart tries until the program answers again, and returns false when it has to stop.
func (s *Service) restart(wait *time.Duration) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(*wait):
		}
		*wait = min(2**wait, lastWait)
		began := time.Now()
		err := s.bringUp(ctx)
		if err == nil {
			s.Print.State(s.Name, "restarted", began)
			s.Restarted(s.Pid())
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		s.Print.Note(s.Name, "did not come back, next try in %s: %v", *wait, err)
		// A program that runs but does not answer is ended before the next start.
		if child := s.current(); child != nil {
			child.Stop(s.stopping, s.steps()...)
		}
	}
}
