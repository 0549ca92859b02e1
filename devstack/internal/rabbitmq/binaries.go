// Package rabbitmq runs a private RabbitMQ broker and the Erlang port mapper that it needs.
package rabbitmq

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Where the packages of Debian, Red Hat and Homebrew put the program. The one in Debian's /usr/sbin
// is a wrapper that requires the user rabbitmq.
var places = []string{
	"/usr/lib/rabbitmq/bin/rabbitmq-server",
	"/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server",
	"/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
	"/usr/local/opt/rabbitmq/sbin/rabbitmq-server",
}

type binaries struct {
	server string
	epmd   string
	// path is where the scripts find erl.
	path string
}

func findBinaries() (binaries, error) {
	server, err := findServer()
	if err != nil {
		return binaries{}, err
	}
	path := strings.Join([]string{
		os.Getenv("PATH"), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "/opt/homebrew/bin",
	}, ":")
	epmd, err := findEPMD()
	if err != nil {
		return binaries{}, err
	}
	return binaries{server: server, epmd: epmd, path: path}, nil
}

func findServer() (string, error) {
	for _, place := range places {
		found, _ := filepath.Glob(place) // the patterns are constant and well formed
		if len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	if path, err := exec.LookPath("rabbitmq-server"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil && filepath.Base(real) != "rabbitmq-script-wrapper" {
			return path, nil
		}
	}
	return "", fmt.Errorf("rabbitmq: rabbitmq-server is neither in PATH nor one of %s; install RabbitMQ (Debian and Ubuntu: apt-get install rabbitmq-server; macOS: brew install rabbitmq)", strings.Join(places, ", "))
}

func findEPMD() (string, error) {
	if path, err := exec.LookPath("epmd"); err == nil {
		return path, nil
	}
	for _, place := range []string{"/usr/lib/erlang/bin/epmd", "/usr/lib/erlang/erts-*/bin/epmd", "/usr/lib64/erlang/erts-*/bin/epmd", "/opt/homebrew/bin/epmd", "/opt/homebrew/lib/erlang/erts-*/bin/epmd"} {
		if found, _ := filepath.Glob(place); len(found) > 0 {
			return found[len(found)-1], nil
		}
	}
	return "", errors.New("rabbitmq: epmd of Erlang was not found; install Erlang (Debian and Ubuntu: apt-get install erlang-base)")
}
