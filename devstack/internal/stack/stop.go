package stack

import (
	"sync"
	"time"
)

// stop stops the running engines, the users of an engine before the engine.
func (s *Stack) stop(hurry <-chan struct{}) {
	began := time.Now()
	s.mu.Lock()
	s.ready = false
	s.mu.Unlock()
	if err := removeIfThere(s.enginesFile()); err != nil {
		s.print.Note("engines", "%v", err)
	}
	if s.page != nil {
		s.page.Stop()
	}
	if s.workflows != nil {
		s.workflows.Stop(15*time.Second, hurry)
		s.print.State("temporal", "stopped", began)
	}
	if s.documents != nil {
		s.documents.Stop(time.Second, hurry)
		s.print.State("mongodb", "stopped", began)
	}
	if s.issuer != nil {
		s.issuer.Stop(2 * time.Second)
		s.print.State("oidc", "stopped", began)
	}
	var processes sync.WaitGroup
	if s.broker != nil {
		processes.Go(func() {
			s.broker.Stop(hurry)
			s.print.State("rabbitmq", "stopped", began)
		})
	}
	if s.postgres != nil {
		processes.Go(func() {
			s.postgres.Stop(hurry)
			s.print.State("postgres", "stopped", began)
		})
	}
	processes.Wait()
}
