package postgres

import (
	"context"
	"net"

	"github.com/ordersaga/ordersaga/platform/postgres/outage"
)

// marked is a connection whose errors say that they are the line's, so that the
// unexpected end of what the server sends is not taken for that of a document.
type marked struct{ net.Conn }

// dial opens a line to the server.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, &outage.LineError{Err: err}
	}
	return marked{conn}, nil
}

func (m marked) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	return n, ofLine(err)
}

func (m marked) Write(b []byte) (int, error) {
	n, err := m.Conn.Write(b)
	return n, ofLine(err)
}

func ofLine(err error) error {
	if err == nil {
		return nil
	}
	return &outage.LineError{Err: err}
}
