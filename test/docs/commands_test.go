package docs

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience with one block, and the pause before one is repeated.
const (
	patience = 3 * time.Minute
	pause    = 200 * time.Millisecond
)

// TestCommands runs every page's commands on a running stack, as a reader would who pastes them
// into one terminal, and compares what is printed.
func TestCommands(t *testing.T) {
	s := start(t)
	for _, p := range pages(t) {
		t.Run(p.name, func(t *testing.T) {
			sh := s.terminal(t)
			for i, b := range p.blocks {
				var shown string
				if i+1 < len(p.blocks) && p.blocks[i+1].kind == "output" {
					shown = p.blocks[i+1].content
				}
				switch b.kind {
				case "run":
					sh.runs(p, b, shown)
				case "eventually":
					sh.comesToShow(p, b, shown)
				}
			}
		})
	}
}

// runs a block once.
func (sh *terminal) runs(p page, b block, shown string) {
	sh.t.Helper()
	does, want := sh.run, "exit 0"
	if b.of != "" {
		does, want = sh.try, b.of
	}
	printed, code := does(b.content)
	if fmt.Sprint("exit ", code) != want {
		sh.t.Fatalf("%s: the commands end with %d, and print:\n%s", p.at(b.line), code, printed)
	}
	if piece := lacks(shown, printed); piece != "" {
		sh.t.Errorf("%s: not printed:\n%s\nThe commands print:\n%s", p.at(b.line), piece, printed)
	}
}

// comesToShow repeats a block until it prints what is shown.
func (sh *terminal) comesToShow(p page, b block, shown string) {
	sh.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		printed, code := sh.try(b.content)
		piece := lacks(shown, printed)
		if code == 0 && piece == "" {
			return
		}
		if time.Now().After(deadline) {
			sh.t.Fatalf("%s: waited %s in vain for:\n%s\nThe commands end with %d, and print:\n%s", p.at(b.line), patience, piece, code, printed)
		}
		time.Sleep(pause)
	}
}

// lacks is missing, line by line: output may have lines between those shown.
func lacks(shown, printed string) string {
	return missing(strings.ReplaceAll(strings.TrimSpace(shown), "\n", "…"), printed)
}

// terminal is a shell that keeps its variables from block to block.
type terminal struct {
	t      *testing.T
	stack  *stack
	input  io.Writer
	output *bufio.Scanner
	script string
	stop   func()
}

// ended is printed after a block, with the status of its last command.
const ended = "-- the block has ended with "

// sayEnded is a function of the shell. A command that fails ends the shell: that is said like every
// block's end.
const sayEnded = `block_ended() { printf '\n%s%s\n' '` + ended + `' $?; }
trap block_ended EXIT
`

func (s *stack) terminal(t *testing.T) *terminal {
	t.Helper()
	sh := exec.Command("sh")
	sh.Dir = s.home
	sh.Env = withoutSettings(os.Environ())
	// A group of its own: what a block that hangs has started ends with it.
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := sh.StdinPipe()
	require.NoError(t, err)
	output, err := sh.StdoutPipe()
	require.NoError(t, err)
	sh.Stderr = sh.Stdout
	require.NoError(t, sh.Start())
	stop := func() { _ = syscall.Kill(-sh.Process.Pid, syscall.SIGKILL) }
	t.Cleanup(func() {
		stop()
		_ = sh.Wait()
	})
	_, err = io.WriteString(input, sayEnded)
	require.NoError(t, err)
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, 4<<20)
	return &terminal{t, s, input, lines, filepath.Join(t.TempDir(), "block.sh"), stop}
}

// run gives a block to the shell; the first command that fails ends it, and the shell as well.
func (sh *terminal) run(block string) (printed string, code int) {
	sh.t.Helper()
	return sh.does(block, "set -e; eval \"$(cat '%s')\" </dev/null; set +e")
}

// try runs a block that may fail: in a copy of the shell.
func (sh *terminal) try(block string) (printed string, code int) {
	sh.t.Helper()
	return sh.does(block, "(set -e; eval \"$(cat '%s')\") </dev/null")
}

func (sh *terminal) does(block, how string) (printed string, code int) {
	sh.t.Helper()
	// The shell reads the whole block from a file before it begins: no command can take the rest
	// for its input.
	require.NoError(sh.t, os.WriteFile(sh.script, []byte(sh.stack.shift(block, sh.stack.offset)), 0o600))
	if _, err := fmt.Fprintf(sh.input, how+"\nblock_ended\n", sh.script); err != nil {
		sh.t.Fatalf("the shell has ended: %v", err)
	}
	late := time.AfterFunc(patience, sh.stop)
	defer late.Stop()
	var said strings.Builder
	for sh.output.Scan() {
		if status, is := strings.CutPrefix(sh.output.Text(), ended); is {
			code, err := strconv.Atoi(status)
			require.NoError(sh.t, err)
			return sh.stack.shift(said.String(), -sh.stack.offset), code
		}
		said.WriteString(sh.output.Text() + "\n")
	}
	sh.t.Fatalf("the commands were ended after %s; they printed:\n%s", patience, said.String())
	return "", 0
}

var address = regexp.MustCompile(`\b127\.0\.0\.1:(\d{4,5})\b`)

// shift moves the ports of our addresses.
func (s *stack) shift(text string, by int) string {
	return address.ReplaceAllStringFunc(text, func(found string) string {
		port, _ := strconv.Atoi(address.FindStringSubmatch(found)[1])
		return "127.0.0.1:" + strconv.Itoa(port+by)
	})
}
