package rest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds what a test waits for on a connection.
const patience = 30 * time.Second

// line is a connection to a server on which a test says every byte itself.
type line struct {
	t *testing.T
	net.Conn
	reader *bufio.Reader
}

func (w *world) dial() *line {
	w.t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	require.NoError(w.t, err)
	w.t.Cleanup(func() { connection.Close() })
	require.NoError(w.t, connection.SetDeadline(time.Now().Add(patience)))
	return &line{t: w.t, Conn: connection, reader: bufio.NewReader(connection)}
}

// post begins an order: its request line and headers, each "Name: value".
func (l *line) post(token string, headers ...string) {
	l.t.Helper()
	l.say("POST /v1/orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nIdempotency-Key: k1\r\n")
	if token != "" {
		l.say("Authorization: Bearer " + token + "\r\n")
	}
	l.say(strings.Join(append(headers, "", ""), "\r\n"))
}

func (l *line) say(text string) {
	l.t.Helper()
	_, err := io.WriteString(l, text)
	require.NoError(l.t, err)
}

// hangUpHalf says that nothing more comes, and still listens.
func (l *line) hangUpHalf() {
	l.t.Helper()
	require.NoError(l.t, l.Conn.(*net.TCPConn).CloseWrite())
}

// answer reads the next answer, those of class 1xx included.
func (l *line) answer(method string) answer {
	l.t.Helper()
	response, err := http.ReadResponse(l.reader, httptest.NewRequest(method, "/v1/orders", nil))
	require.NoError(l.t, err, "no answer")
	body, err := io.ReadAll(response.Body)
	require.NoError(l.t, err)
	return answer{t: l.t, Response: response, body: string(body)}
}

// chunk is a chunk of a body of Transfer-Encoding: chunked.
func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }
