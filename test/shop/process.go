package shop

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// process is one program of a shop.
type process struct {
	t     testing.TB
	name  string
	path  string
	env   []string
	log   string
	ready string // URL

	command *exec.Cmd
	ended   chan struct{}
	err     error
}

func (p *process) start() {
	p.t.Helper()
	output, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatalf("log of %s: %v", p.name, err)
	}
	defer output.Close()
	first := p.command == nil
	p.command = exec.Command(p.path)
	p.command.Env, p.command.Stdout, p.command.Stderr = p.env, output, output
	// Not in the terminal's group: a Ctrl-C is for the test program, which stops it.
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.command.Start(); err != nil {
		p.t.Fatalf("start %s (is it built? `make build`): %v", p.name, err)
	}
	ended := make(chan struct{})
	p.ended = ended
	go func(command *exec.Cmd) {
		p.err = command.Wait()
		close(ended)
	}(p.command)
	if first {
		p.t.Cleanup(p.cleanUp)
	}
}

func (p *process) awaitReady() {
	p.t.Helper()
	client := http.Client{Timeout: 5 * time.Second}
	testkit.Eventually(p.t, p.name+" to be ready at "+p.ready, func() bool {
		select {
		case <-p.ended:
			p.t.Fatalf("%s ended at its start: %v\n%s", p.name, p.err, p.tail())
		default:
		}
		response, err := client.Get(p.ready)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

func (p *process) kill() {
	p.t.Helper()
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("kill %s: %v", p.name, err)
	}
	<-p.ended
}

func (p *process) stop() {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("stop %s: %v", p.name, err)
	}
	select {
	case <-p.ended:
		if p.err != nil {
			p.t.Errorf("%s did not stop in order: %v\n%s", p.name, p.err, p.tail())
		}
	case <-time.After(patience):
		p.t.Errorf("%s did not stop within %s of SIGTERM\n%s", p.name, patience, p.tail())
		p.kill()
	}
}

func (p *process) cleanUp() {
	select {
	case <-p.ended:
	default:
		p.stop()
	}
	if p.t.Failed() {
		p.t.Logf("the last of %s:\n%s", p.name, p.tail())
	}
}

// tail is the end of the program's log.
func (p *process) tail() string {
	const most = 4000
	content, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(content[max(0, len(content)-most):])
}
