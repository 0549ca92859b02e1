package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// wire carries requests to the provider and answers back, and can be told to hold answers up.
type wire struct {
	url string

	mu   sync.Mutex
	held chan struct{} // answers to requests to authorize, capture or refund wait for its closing; nil lets them pass
	seen map[string]int
	said func(request *http.Request, status int, body string) (int, string) // instead of the provider's answer
}

func newWire(t *testing.T, p *providerProcess) *wire {
	w := &wire{seen: map[string]int{}}
	target, err := url.Parse(p.url)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(answer *http.Response) error {
			request := answer.Request
			w.mu.Lock()
			w.seen[request.Method+" "+request.URL.Path]++
			held, said := w.held, w.said
			w.mu.Unlock()
			if said != nil {
				was, err := io.ReadAll(answer.Body)
				if err != nil {
					return err
				}
				status, body := said(request, answer.StatusCode, string(was))
				answer.StatusCode, answer.Body = status, io.NopCloser(strings.NewReader(body))
				answer.ContentLength = int64(len(body))
				answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
			}
			if held != nil && request.Method == http.MethodPost && !strings.HasSuffix(request.URL.Path, "/void") {
				<-held
			}
			return nil
		},
		ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) { rw.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(func() {
		w.release()
		server.Close()
	})
	w.url = server.URL
	return w
}

// hold keeps the answers to requests to authorize, capture or refund, after their effect.
func (w *wire) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = make(chan struct{})
}

func (w *wire) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil {
		close(w.held)
		w.held = nil
	}
}

// says changes what the provider answers, after its effect; nil mends the wire.
func (w *wire) says(said func(request *http.Request, status int, body string) (int, string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = said
}

// answered counts the answers of the provider's, held ones too.
func (w *wire) answered(request string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[request]
}
