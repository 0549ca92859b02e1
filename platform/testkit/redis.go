package testkit

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Redis is a real redis-server of one test.
type Redis struct {
	t    testing.TB
	port int
	run  *exec.Cmd
	done chan struct{}
}

// StartRedis starts a Redis that ends with the test. Where redis-server is not installed the test
// is skipped, and make test says so at its end.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		NotRun(t, "the cache on Redis: redis-server is not installed")
	}
	r := &Redis{t: t, port: FreePort(t)}
	r.Start()
	t.Cleanup(r.Kill)
	return r
}

func (r *Redis) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }

// URL of the server.
func (r *Redis) URL() string { return "redis://" + r.address() }

// Start runs it, empty, and waits until it answers.
func (r *Redis) Start() {
	r.t.Helper()
	r.run = exec.CommandContext(context.Background(), "redis-server", "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1",
		"--save", "", "--appendonly", "no", "--dir", r.t.TempDir())
	if err := r.run.Start(); err != nil {
		r.t.Fatalf("start redis-server: %v", err)
	}
	done := make(chan struct{})
	r.done = done
	go func() { _ = r.run.Wait(); close(done) }()
	Eventually(r.t, "Redis to answer", func() bool {
		connection, err := net.DialTimeout("tcp", r.address(), time.Second)
		if err != nil {
			return false
		}
		defer connection.Close()
		_ = connection.SetDeadline(time.Now().Add(time.Second))
		if _, err := connection.Write([]byte("PING\r\n")); err != nil {
			return false
		}
		answer := make([]byte, 7)
		n, err := connection.Read(answer)
		return err == nil && string(answer[:n]) == "+PONG\r\n"
	})
}

// Kill ends it as a crash does. What it kept is gone.
func (r *Redis) Kill() {
	_ = r.run.Process.Kill()
	<-r.done
}

// Pause stops its process without closing connections; Resume lets it go on.
func (r *Redis) Pause() { _ = r.run.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused server go on, with all it had been sent.
func (r *Redis) Resume() { _ = r.run.Process.Signal(syscall.SIGCONT) }
