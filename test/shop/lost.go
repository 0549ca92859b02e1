package shop

import (
	"strings"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// LoseTemporal stops what uses Temporal and starts it again on an empty namespace: as if Temporal's
// database were lost and made anew.
func (s *Shop) LoseTemporal() {
	s.t.Helper()
	for _, name := range []string{Worker, Orders} {
		s.Kill(name)
	}
	_, s.Namespace = testkit.OwnTemporal(s.t)
	for _, name := range []string{Orders, Worker} {
		env := s.processes[name].env
		for i, setting := range env {
			if strings.HasPrefix(setting, "TEMPORAL_NAMESPACE=") {
				env[i] = "TEMPORAL_NAMESPACE=" + s.Namespace
			}
		}
		s.Start(name)
	}
}
