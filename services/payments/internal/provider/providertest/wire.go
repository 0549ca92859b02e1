package providertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// wire carries requests to the provider and its answers back, or does what it is told instead.
type wire struct {
	url string

	mu    sync.Mutex
	fault http.Handler // instead of the provider; nil when the wire is whole
	pass  http.Handler
}

func newWire(t *testing.T, providerURL string) *wire {
	target, err := url.Parse(providerURL)
	require.NoError(t, err)
	w := &wire{pass: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		next := w.fault
		w.mu.Unlock()
		if next == nil {
			next = w.pass
		}
		next.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *wire) does(fault http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = fault
}

// mend makes the wire whole.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = nil
}

// loseRequests cuts the connection before the provider hears anything.
func (w *wire) loseRequests() {
	w.does(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// loseAnswers lets the provider do what it is asked, and cuts the connection.
func (w *wire) loseAnswers() {
	w.does(func(_ http.ResponseWriter, r *http.Request) {
		w.pass.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	})
}

// hold keeps every request until the test ends or the caller has gone.
func (w *wire) hold(t *testing.T) {
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	w.does(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that a caller hangs up
		select {
		case <-over:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	})
}

// answer answers in the provider's place.
func (w *wire) answer(status int, header http.Header, body string) {
	w.does(func(rw http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			rw.Header()[name] = values
		}
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, body)
	})
}

// replace changes texts in the provider's answers: each of the first of a pair becomes the second.
func (w *wire) replace(pairs ...string) {
	w.does(func(rw http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding") // what is compressed cannot be changed
		said := httptest.NewRecorder()
		w.pass.ServeHTTP(said, r)
		rw.Header().Set("Content-Type", said.Header().Get("Content-Type"))
		rw.WriteHeader(said.Code)
		_, _ = io.WriteString(rw, strings.NewReplacer(pairs...).Replace(said.Body.String()))
	})
}
