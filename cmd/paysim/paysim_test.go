package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	apiKey = "a-key-that-must-not-be-logged"
	// patience is how long a test waits for something that takes milliseconds on an idle machine.
	patience = 20 * time.Second
)

// TestMain lets the test binary be paysim, so that tests can run, kill and restart the program
// itself.
func TestMain(m *testing.M) {
	if os.Getenv("PAYSIM_TEST_RUNS_PROGRAM") == "yes" {
		main()
		return
	}
	os.Exit(m.Run())
}

// paysim is a running program.
type paysim struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	done chan error // yields the result of the process once

	mu  sync.Mutex
	log strings.Builder
}

func newBooksFile(t *testing.T) string { return filepath.Join(t.TempDir(), "folder", "paysim.db") }

// command is the program with these books and settings, on a free port.
func command(t *testing.T, file string, slow time.Duration) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PAYSIM_TEST_RUNS_PROGRAM=yes", "HOST=127.0.0.1", "PORT=0",
		"PAYSIM_API_KEY="+apiKey, "PAYSIM_DATA="+file, "PAYSIM_SLOW="+slow.String())
	return cmd
}

func start(t *testing.T, file string, slow time.Duration) *paysim {
	return startCommand(t, command(t, file, slow))
}

// startCommand starts the program with further settings.
func startCommand(t *testing.T, cmd *exec.Cmd, settings ...string) *paysim {
	p := &paysim{t: t, cmd: cmd, done: make(chan error, 1)}
	p.cmd.Env = append(p.cmd.Env, settings...)
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	ready := make(chan string, 1)
	go func() {
		p.follow(stderr, ready)
		p.done <- p.cmd.Wait()
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	select {
	case address := <-ready:
		p.url = "http://" + address
	case err := <-p.done:
		require.FailNow(t, "paysim did not start", "%v\n%s", err, p.logged())
	case <-time.After(patience):
		require.FailNow(t, "paysim is not ready in time", p.logged())
	}
	return p
}

func (p *paysim) follow(stderr io.Reader, ready chan<- string) {
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		p.mu.Lock()
		p.log.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "paysim is ready" {
			ready <- line.Address
		}
	}
}

func (p *paysim) logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

func (p *paysim) signal(sig syscall.Signal) { require.NoError(p.t, p.cmd.Process.Signal(sig)) }

// ended waits for the process and returns how it ended.
func (p *paysim) ended() error {
	select {
	case err := <-p.done:
		return err
	case <-time.After(patience):
		require.FailNow(p.t, "paysim does not end", p.logged())
		return nil
	}
}

func (p *paysim) kill() {
	p.signal(syscall.SIGKILL)
	require.Error(p.t, p.ended(), "a killed process does not end well")
}

// reply is an answer over HTTP, with the fields of all bodies.
type reply struct {
	code   int
	header http.Header
	body   string
	fields struct {
		ID          string `json:"id"`
		Status      any    `json:"status"` // a word, or the number of a problem
		DeclineCode string `json:"decline_code"`
		Code        string `json:"code"`
	}
}

func (r reply) replayed() bool { return r.header.Get("Idempotent-Replayed") == "true" }

// try sends a request and may fail; headers are pairs.
func (p *paysim) try(ctx context.Context, method, path, body string, headers ...string) (r reply, err error) {
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, strings.NewReader(body))
	if err != nil {
		return r, err
	}
	req.Header.Set("Authorization", "Bearer "+apiKey)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	r.code, r.header, r.body = res.StatusCode, res.Header, string(read)
	if bytes.HasPrefix(read, []byte("{")) && err == nil {
		err = json.Unmarshal(read, &r.fields)
	}
	return r, err
}

func (p *paysim) do(method, path, body string, headers ...string) reply {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := p.try(ctx, method, path, body, headers...)
	require.NoError(p.t, err, "%s %s\n%s", method, path, p.logged())
	return r
}

// wish is the body of an authorization of 12.34 pounds.
func wish(reference, source string) string {
	body, _ := json.Marshal(AuthorizeRequest{Reference: reference, Amount: 1234, Currency: "GBP", Source: source})
	return string(body)
}

func (p *paysim) authorize(key, reference, source string) reply {
	p.t.Helper()
	return p.do("POST", "/v1/authorizations", wish(reference, source), "Idempotency-Key", key)
}

// authorizeInBackground sends without waiting; the channel yields one answer, or nothing when the
// request failed.
func (p *paysim) authorizeInBackground(ctx context.Context, key, reference, source string) <-chan reply {
	answered := make(chan reply, 1)
	go func() {
		defer close(answered)
		if r, err := p.try(ctx, "POST", "/v1/authorizations", wish(reference, source), "Idempotency-Key", key); err == nil {
			answered <- r
		}
	}()
	return answered
}

func (p *paysim) void(key, id string) reply {
	p.t.Helper()
	return p.do("POST", "/v1/authorizations/"+id+"/void", "", "Idempotency-Key", key)
}

func (p *paysim) lookup(reference string) []Authorization {
	p.t.Helper()
	var found struct{ Authorizations []Authorization }
	r := p.do("GET", "/v1/authorizations?reference="+reference, "")
	require.NoError(p.t, json.Unmarshal([]byte(r.body), &found), r.body)
	return found.Authorizations
}

func (p *paysim) books(reference string) Audit {
	p.t.Helper()
	var audit Audit
	r := p.do("GET", "/v1/books?reference="+reference, "")
	require.NoError(p.t, json.Unmarshal([]byte(r.body), &audit), r.body)
	return audit
}

// waitUntil polls a condition over HTTP.
func (p *paysim) waitUntil(what string, condition func() bool) {
	p.t.Helper()
	require.Eventually(p.t, condition, patience, 10*time.Millisecond, what)
}

// waitUntilAccepted waits until a request with the key, sent in the background, is in the books:
// from then on the key is refused to another request. A void of nothing leaves the key unused, so
// asking too early does no harm.
func (p *paysim) waitUntilAccepted(key string) {
	p.t.Helper()
	p.waitUntil("the acceptance of the request with key "+key, func() bool {
		return p.void(key, "auth_unknown").code == http.StatusUnprocessableEntity
	})
}
