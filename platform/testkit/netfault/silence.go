package netfault

import (
	"io"
	"net"
	"sync"
	"testing"
)

// relay forwards connections to an engine, and can be silent: then it neither forwards nor closes
// anything, so that neither side notices that the other has closed.
type relay struct {
	listener net.Listener
	upstream string

	mu sync.Mutex
	// loud is closed while the relay forwards.
	loud chan struct{}
	// ends of the open connections; false for those that were forgotten.
	ends map[net.Conn]bool
}

func startRelay(t testing.TB, upstream string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for the line to %s: %v", upstream, err)
	}
	r := &relay{listener: listener, upstream: upstream, loud: make(chan struct{}), ends: map[net.Conn]bool{}}
	close(r.loud)
	go r.accept()
	t.Cleanup(func() {
		listener.Close()
		r.heal()
		r.closeAll()
	})
	return r
}

func (r *relay) accept() {
	for {
		near, err := r.listener.Accept()
		if err != nil {
			return
		}
		if !r.keep(near) {
			continue // a connection that is made while silent gets no answer
		}
		far, err := net.Dial("tcp", r.upstream)
		if err != nil {
			r.close(near)
			continue
		}
		r.keep(far)
		go r.forward(far, near)
		go r.forward(near, far)
	}
}

// keep adds an end and reports whether the relay forwards.
func (r *relay) keep(end net.Conn) (forwards bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ends[end] = true
	select {
	case <-r.loud:
		return true
	default:
		return false
	}
}

func (r *relay) forward(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if r.forgotten(from) {
			return
		}
		<-r.speaking()
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				err = io.EOF
			}
		}
		if err != nil {
			r.close(to)
			r.close(from)
			return
		}
	}
}

// forget silences the open connections for ever, and forwards new ones.
func (r *relay) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for end := range r.ends {
		r.ends[end] = false
	}
}

func (r *relay) forgotten(end net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	forwarded, open := r.ends[end]
	return open && !forwarded
}

func (r *relay) speaking() chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.loud
}

func (r *relay) close(end net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ends, end)
	end.Close()
}

func (r *relay) silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.loud:
		r.loud = make(chan struct{})
	default:
	}
}

// heal ends the silence and closes the connections that were silent.
func (r *relay) heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.loud:
		return
	default:
	}
	for end := range r.ends {
		end.Close()
	}
	clear(r.ends)
	close(r.loud)
}

func (r *relay) closeAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for end := range r.ends {
		end.Close()
	}
}
