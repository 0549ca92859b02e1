package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"
)

// readyTimeout bounds each readiness check, so that probes do not wait for a dependency that hangs.
const readyTimeout = 2 * time.Second

// AdminServer makes the server for operators and orchestrators, on a separate port that is not
// public: /livez (the process answers), /readyz (the named checks pass; else 503 with the failing
// ones), /metrics and optionally /debug/pprof.
func AdminServer(addr string, profiles bool, ready map[string]func(context.Context) error) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusOK, status{Status: "ok"})
	})
	mux.Handle("GET /readyz", Readiness(ready))
	mux.Handle("GET /metrics", MetricsHandler())
	if profiles {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	return &http.Server{
		Addr:              addr,
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		// More than the 30 s of a CPU profile.
		WriteTimeout: 3 * time.Minute,
		IdleTimeout:  2 * time.Minute,
	}
}

type status struct {
	Status string `json:"status"`
	// Failing has the message of each check that does not pass, by its name.
	Failing map[string]string `json:"failing,omitempty"`
}

// Readiness answers 200 when every check passes within 2 s, else 503 with the failing ones.
func Readiness(ready map[string]func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failing := Failing(r.Context(), ready); len(failing) > 0 {
			writeStatus(w, http.StatusServiceUnavailable, status{Status: "unavailable", Failing: failing})
			return
		}
		writeStatus(w, http.StatusOK, status{Status: "ok"})
	})
}

// Failing runs the checks in parallel, for at most 2 s, and returns the error of each that fails,
// by its name.
func Failing(ctx context.Context, ready map[string]func(context.Context) error) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	var mu sync.Mutex
	var group sync.WaitGroup
	failing := map[string]string{}
	for name, check := range ready {
		group.Go(func() {
			if err := runCheck(ctx, check); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failing[name] = err.Error()
			}
		})
	}
	group.Wait()
	return failing
}

// runCheck does not wait for a check that ignores its deadline.
func runCheck(ctx context.Context, check func(context.Context) error) error {
	answer := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				answer <- fmt.Errorf("panic: %v", p)
			}
		}()
		answer <- check(ctx)
	}()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("no answer within %s", readyTimeout)
	}
}

func writeStatus(w http.ResponseWriter, code int, body status) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	// The peer has gone: the error has no receiver.
	_ = json.NewEncoder(w).Encode(body)
}
