package dev

import (
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// example is a printed curl command.
type example struct {
	line string
	home string // where the user stands who copies it
}

// answer of an example.
type answer struct {
	status int
	header http.Header
	body   string
}

var (
	curlLine   = regexp.MustCompile(`(?m)^curl -i -X POST .*$`)
	curlURL    = regexp.MustCompile(`^curl -i -X POST (\S+) `)
	curlHeader = regexp.MustCompile(`-H "([^:"]+): ((?:[^"$]|\$\([^)]*\))*)"`)
	curlBody   = regexp.MustCompile(`-d '([^']*)'$`)
)

// examples are the commands in the printed table, in its order.
func (s *stack) examples(t *testing.T) []example {
	t.Helper()
	var found []example
	for _, line := range curlLine.FindAllString(s.output.text(), -1) {
		found = append(found, example{line: line, home: filepath.Dir(s.dir)})
	}
	require.NotEmpty(t, found, "the table has examples")
	return found
}

// send does what curl does with the line, which may not be on the machine.
func (e example) send(t *testing.T) answer {
	t.Helper()
	address := curlURL.FindStringSubmatch(e.line)
	body := curlBody.FindStringSubmatch(e.line)
	require.NotNil(t, address, e.line)
	require.NotNil(t, body, e.line)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address[1], strings.NewReader(body[1]))
	require.NoError(t, err)
	headers := curlHeader.FindAllStringSubmatch(e.line, -1)
	require.Len(t, headers, 3, e.line)
	request.Header.Set("Prefer", "wait=50") // the machine may be slow
	for _, header := range headers {
		request.Header.Set(header[1], e.expand(t, header[2]))
	}
	client := http.Client{Timeout: patience}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(raw)}
}

// expand lets the shell fill in $(…), as it does for the user.
func (e example) expand(t *testing.T, text string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", `printf %s "`+text+`"`)
	cmd.Dir = e.home
	out, err := cmd.Output()
	require.NoError(t, err, e.line)
	return string(out)
}

// member of the answer's JSON object.
func (a answer) member(t *testing.T, name string) string {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &object), a.body)
	text, _ := object[name].(string)
	return text
}
