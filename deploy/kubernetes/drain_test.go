package kubernetes_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// How long the parts of a program may take to stop is in its main function, and they stop one after
// another. The main functions are read here, because a program cannot be asked, and to wait for its
// slowest stop is no check.

// afterwards is what a program may take after its parts: to say goodbye to a document store (5 s),
// and to send its last traces (5 s).
const afterwards = 10 * time.Second

// defaultDrain is lifecycle.DefaultDrain, of every part that sets none.
const defaultDrain = 10 * time.Second

// expressions are the drains that the main functions have, by how they are written.
func expressions(given map[string]variable) map[string]time.Duration {
	value := func(name, program string) time.Duration {
		if v, ok := given[name]; ok {
			return duration(v.value)
		}
		s, _ := find(settings(program), name)
		return duration(s.Default)
	}
	return map[string]time.Duration{
		"15 * time.Second":                    15 * time.Second,
		"30 * time.Second":                    30 * time.Second,
		"35 * time.Second":                    35 * time.Second,
		"drain":                               35 * time.Second, // services/orders/background.go
		"stock.Timeout + 5*time.Second":       65 * time.Second, // a minute: services/catalog/internal/productsearch
		"2*cfg.policy().Lease + recordMargin": 2*(value("PAYMENT_PROVIDER_TIMEOUT", "payments")+5*time.Second) + 5*time.Second,
		"recordMargin":                        5 * time.Second,
		"cfg.policy().Lease + recordMargin":   value("PAYMENT_PROVIDER_TIMEOUT", "payments") + 5*time.Second + 5*time.Second,
		"set.Slow + 15*time.Second":           value("PAYSIM_SLOW", "paysim") + 15*time.Second,
		"cfg.StopTimeout + 10*time.Second":    value("WORKER_STOP_TIMEOUT", "worker") + 10*time.Second,
	}
}

// source of a program's main function, as `ordersaga programs` knows it.
func source(program string) (string, error) {
	output, err := exec.Command(filepath.Join(os.Getenv("ORDERSAGA_BIN"), "ordersaga"), "programs", "--json").Output()
	if err != nil {
		return "", fmt.Errorf("ordersaga programs (is it built? `make build`): %w", err)
	}
	var programs []struct {
		Name   string `json:"name"`
		Source string `json:"source"`
	}
	if err := json.Unmarshal(output, &programs); err != nil {
		return "", fmt.Errorf("ordersaga programs: %w", err)
	}
	for _, p := range programs {
		if p.Name == program {
			return filepath.Join("..", "..", p.Source, "main.go"), nil
		}
	}
	return "", fmt.Errorf("ordersaga programs does not list %s", program)
}

// drain is the longest orderly stop of a program: the sum over the parts that its main function
// gives to lifecycle.Run.
func drain(program string, given map[string]variable) (time.Duration, error) {
	main, err := source(program)
	if err != nil {
		return 0, err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, main, nil, 0)
	if err != nil {
		return 0, err
	}
	var parts []ast.Expr
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && text(files, call.Fun) == "lifecycle.Run" {
			parts = call.Args[1:]
		}
		return true
	})
	if len(parts) == 0 {
		return 0, fmt.Errorf("%s gives no parts to lifecycle.Run", main)
	}
	total := afterwards
	for _, part := range parts {
		bound, err := drainOf(files, part, expressions(given))
		if err != nil {
			return 0, err
		}
		total += bound
	}
	return total, nil
}

func drainOf(files *token.FileSet, part ast.Expr, known map[string]time.Duration) (time.Duration, error) {
	written := "" // no Drain
	switch p := part.(type) {
	case *ast.CallExpr:
		switch name := text(files, p.Fun); name {
		case "lifecycle.HTTP", "lifecycle.GRPC":
		case "follow": // services/orders/background.go
			written = "drain"
		default:
			return 0, fmt.Errorf("%s: what does a part made by %s take to stop?", files.Position(part.Pos()), name)
		}
	case *ast.CompositeLit:
		for _, field := range p.Elts {
			if pair, ok := field.(*ast.KeyValueExpr); ok && text(files, pair.Key) == "Drain" {
				written = text(files, pair.Value)
			}
		}
	default:
		return 0, fmt.Errorf("%s: a part of a form that the check does not know", files.Position(part.Pos()))
	}
	if written == "" {
		return defaultDrain, nil
	}
	bound, ok := known[written]
	if !ok {
		return 0, fmt.Errorf("%s: how long is %s? Say it in deploy/kubernetes/drain_test.go", files.Position(part.Pos()), written)
	}
	return bound, nil
}

func text(files *token.FileSet, node ast.Node) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, files, node); err != nil {
		panic(err)
	}
	return b.String()
}

// checkGrace compares what the kubelet waits with what the programs may take.
func checkGrace(objects []object) (found problems) {
	for _, p := range workloads(objects) {
		if !p.serves() {
			continue
		}
		given, _ := variables(objects, p)
		takes, err := drain(p.program(), given)
		if err != nil {
			found.add("%s: %v", p, err)
			continue
		}
		pause := time.Duration(p.template.Spec.Containers[0].Lifecycle.PreStop.Sleep.Seconds) * time.Second
		grace := time.Duration(p.template.Spec.TerminationGracePeriodSeconds) * time.Second
		found.unless(grace > takes+pause, "%s is killed after %s, but may take %s to stop after a pause of %s", p, grace, takes, pause)
		// Who has callers goes on for as long as they need to hear that it goes.
		found.unless(pause > 0 || p.port("rest") == 0 || p.simulated(), "%s stops before its callers know: it needs a preStop pause", p)
	}
	return found
}

// The constants of other packages that drain_test.go repeats are still what they were.
func TestTheDrainsAreAsTheSourcesSay(t *testing.T) {
	for file, wanted := range map[string]map[string]string{
		"../../platform/lifecycle/lifecycle.go":                  {"DefaultDrain": "10 * time.Second"},
		"../../services/orders/background.go":                    {"drain": "35 * time.Second"},
		"../../services/payments/settings.go":                    {"recordMargin": "5 * time.Second"},
		"../../services/catalog/internal/productsearch/stock.go": {"timeout": "time.Minute"},
		"../../platform/program/program.go":                      {"flushTimeout": "5 * time.Second"},
	} {
		files := token.NewFileSet()
		parsed, err := parser.ParseFile(files, file, nil, 0)
		require.NoError(t, err)
		for name, value := range wanted {
			object := parsed.Scope.Lookup(name)
			require.NotNil(t, object, "%s has no %s any more", file, name)
			values := object.Decl.(*ast.ValueSpec).Values
			require.Len(t, values, 1)
			require.Equal(t, value, text(files, values[0]), "%s of %s: say it in drain_test.go, and look at the grace periods", name, file)
		}
	}
}
