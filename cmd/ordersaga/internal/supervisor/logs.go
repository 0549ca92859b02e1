package supervisor

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/platform/pause"
)

// askLog is how often a log is looked at for new lines.
const askLog = 100 * time.Millisecond

// kept is the number of logs of earlier starts.
const kept = 3

// rotate renames the log of the last start: name.log becomes name.log.1, and so on to name.log.3.
func rotate(path string) error {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return nil
	}
	for i := kept - 1; i >= 0; i-- {
		from := path
		if i > 0 {
			from = fmt.Sprintf("%s.%d", path, i)
		}
		if err := os.Rename(from, fmt.Sprintf("%s.%d", path, i+1)); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("rename the log %s: %w", from, err)
		}
	}
	return nil
}

func openLog(path string) (*os.File, error) {
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return log, nil
}

// lastWords returns the last message of a process, on one line, from the log after the byte at
// which the process began.
func lastWords(path string, from int64) string {
	lines := tail(path, from)
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.HasPrefix(lines[i], "panic: ") || strings.HasPrefix(lines[i], "fatal error: ") {
			return ": " + lines[i]
		}
	}
	if len(lines) == 0 {
		return ""
	}
	last := len(lines) - 1
	if strings.HasPrefix(lines[last], "{") {
		return ": " + readable(lines[last])
	}
	// A program prints each wrong setting on a separate line.
	first := last
	for first > 0 && last-first < 4 && !strings.HasPrefix(lines[first-1], "{") {
		first--
	}
	return ": " + strings.Join(lines[first:], "; ")
}

// tail returns the last lines of a log after a byte, at most 8 KiB, without empty lines.
func tail(path string, from int64) []string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	const most = 8 << 10
	if size, err := file.Seek(0, io.SeekEnd); err == nil {
		_, _ = file.Seek(max(from, size-most), io.SeekStart)
	}
	content, _ := io.ReadAll(file)
	var lines []string
	for line := range strings.SplitSeq(string(content), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// readable returns the message and the error of a JSON line.
func readable(line string) string {
	var entry struct {
		Message string `json:"msg"`
		Error   string `json:"error"`
	}
	if json.Unmarshal([]byte(line), &entry) != nil || entry.Message == "" {
		return line
	}
	if entry.Error != "" {
		return entry.Message + ": " + entry.Error
	}
	return entry.Message
}

// Follow calls line with every line of the log, also new ones, until ctx ends. The file need not
// exist yet.
func Follow(ctx context.Context, path string, line func(string)) {
	file, err := os.Open(path)
	for ; err != nil; file, err = os.Open(path) {
		if !errors.Is(err, os.ErrNotExist) || pause.For(ctx, askLog, nil) != nil {
			return
		}
	}
	defer file.Close()
	reader := bufio.NewReader(file)
	var begun bytes.Buffer // an incomplete line
	for {
		part, err := reader.ReadString('\n')
		begun.WriteString(part)
		if err == nil {
			line(strings.TrimRight(begun.String(), "\n"))
			begun.Reset()
			continue
		}
		if pause.For(ctx, askLog, nil) != nil {
			return
		}
	}
}
