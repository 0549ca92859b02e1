package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	// dialTimeout bounds the TCP connection with the TLS and AMQP handshakes.
	dialTimeout = 10 * time.Second
	// heartbeat detects a connection that broke without being closed. The client drops it, and
	// pending writes with it, after 1.5 intervals (6 s) without data. RabbitMQ drops it after three
	// (12 s) and delivers the unacknowledged messages to another consumer.
	heartbeat = 4 * time.Second
)

// connection is one AMQP connection, from its handshake to its loss.
type connection struct {
	*amqp.Connection
	socket net.Conn
	lost   chan *amqp.Error

	mu      sync.Mutex
	blocked chan struct{} // closed while the server blocks publishers
	reason  string
}

// dial connects once to the broker of a URL. Its errors do not hold the password.
func dial(ctx context.Context, address, purpose string) (*connection, error) {
	uri, err := amqp.ParseURI(address)
	if err != nil {
		return nil, fmt.Errorf("AMQP_URL: %w", ValidateURL(address))
	}
	c := &connection{lost: make(chan *amqp.Error, 1), blocked: make(chan struct{})}
	config := amqp.Config{
		Heartbeat:  heartbeat,
		Properties: amqp.NewConnectionProperties(),
		Dial: func(network, host string) (net.Conn, error) {
			dialer := net.Dialer{Timeout: dialTimeout}
			socket, err := dialer.DialContext(ctx, network, host)
			if err != nil {
				return nil, err
			}
			c.socket = socket
			// The library clears this deadline after the handshake.
			return socket, socket.SetDeadline(time.Now().Add(dialTimeout))
		},
	}
	if uri.Scheme == "amqps" && uri.CACertFile == "" && uri.CertFile == "" {
		config.TLSClientConfig = &tls.Config{ServerName: uri.Host, MinVersion: tls.VersionTLS12}
	}
	config.Properties.SetClientConnectionName(filepath.Base(os.Args[0]) + " " + purpose)
	if c.Connection, err = amqp.DialConfig(withoutHeartbeat(address), config); err != nil {
		if c.socket != nil {
			c.socket.Close()
		}
		return nil, fmt.Errorf("connect to RabbitMQ at %s (AMQP_URL): %w", net.JoinHostPort(uri.Host, fmt.Sprint(uri.Port)), err)
	}
	c.NotifyClose(c.lost)
	go c.watchBlocking(c.NotifyBlocked(make(chan amqp.Blocking, 8)))
	return c, nil
}

// withoutHeartbeat removes the heartbeat parameter from a URL, because it would replace ours: with
// ?heartbeat=60, which some providers set, a dead connection is noticed after minutes, with
// ?heartbeat=0 never.
func withoutHeartbeat(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return address // the library reports the error
	}
	query := parsed.Query()
	if !query.Has("heartbeat") {
		return address
	}
	query.Del("heartbeat")
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// watchBlocking ends when the library closes the channel with the connection.
func (c *connection) watchBlocking(changes <-chan amqp.Blocking) {
	for change := range changes {
		c.mu.Lock()
		switch {
		case change.Active && c.reason == "":
			c.reason = "no reason given"
			if change.Reason != "" {
				c.reason = change.Reason
			}
			close(c.blocked)
		case !change.Active && c.reason != "":
			c.reason, c.blocked = "", make(chan struct{})
		}
		c.mu.Unlock()
	}
}

// blocking returns a channel that is closed when the server, low on memory or disk, stops reading
// from this connection.
func (c *connection) blocking() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.blocked
}

// writable fails while the server does not read from the connection: a message written now would
// only wait in the socket until its deadline.
func (c *connection) writable() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != "" {
		return fmt.Errorf("%w: it blocks publishers: %s", ErrDisconnected, c.reason)
	}
	return nil
}

// within runs one request to the server. The library's calls have no deadline, so the socket is
// closed when ctx ends first, which ends them.
func (c *connection) within(ctx context.Context, exchange func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.socket.Close() })
	defer stop()
	err := exchange()
	if err != nil && ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// close sends the AMQP close, for at most a second, so that the server removes the consumers at
// once.
func (c *connection) close() {
	_ = c.CloseDeadline(time.Now().Add(time.Second))
	c.socket.Close()
}
