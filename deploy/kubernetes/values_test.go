package kubernetes_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// verdicts of programs on environments that they were asked about already.
var verdicts sync.Map

// checkValues gives each program the very environment of its container and asks it, by --check,
// what it thinks of the values. Its connections, which it would try next, are not waited for.
func checkValues(objects []object) (found problems) {
	for _, p := range workloads(objects) {
		if p.program() == "ordersaga" {
			continue // no --check
		}
		given, _ := variables(objects, p)
		var environment []string
		for _, name := range keys(given) {
			environment = append(environment, name+"="+given[name].value)
		}
		key := p.program() + "\n" + strings.Join(environment, "\n")
		verdict, known := verdicts.Load(key)
		if !known {
			verdict = verdictOf(p.program(), environment)
			verdicts.Store(key, verdict)
		}
		found.unless(strings.HasPrefix(verdict.(string), "ok"), "%s would not start: %s", p, verdict)
	}
	return found
}

// verdictOf a program on an environment: the line on its settings.
func verdictOf(program string, environment []string) string {
	command := exec.Command(filepath.Join(os.Getenv("ORDERSAGA_BIN"), program), "--check")
	command.Env = environment
	output, err := command.StdoutPipe()
	if err != nil {
		return err.Error()
	}
	if err := command.Start(); err != nil {
		return err.Error()
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait() // killed
	}()
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > 2 && fields[1] == "settings" {
			return strings.Join(fields, " ")
		}
	}
	return program + " --check says nothing of its settings"
}
