package deploy_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

// address is a host and a port that a value names.
type address struct {
	host string
	port int
}

var hostPort = regexp.MustCompile(`(?:^|[/@,])([a-z][a-z0-9.-]*|\d+\.\d+\.\d+\.\d+):(\d{2,5})(?:[/?,]|$)`)

func addressesIn(value string) (found []address) {
	for _, match := range hostPort.FindAllStringSubmatch(value, -1) {
		port, _ := strconv.Atoi(match[2])
		found = append(found, address{match[1], port})
	}
	return found
}

// serviceOf is the service that a host name reaches from within a container.
func serviceOf(project *types.Project, host string) string {
	for name, service := range project.Services {
		if name == host {
			return name
		}
		for _, network := range service.Networks {
			if network != nil && slices.Contains(network.Aliases, host) {
				return name
			}
		}
	}
	return ""
}

// listens tells whether a service has a port, published or only exposed.
func listens(service types.ServiceConfig, port int) bool {
	for _, published := range service.Ports {
		if int(published.Target) == port {
			return true
		}
	}
	return slices.Contains(service.Expose, strconv.Itoa(port))
}

func addressesAreReal(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		given := environment(project.Services[name])
		for _, variable := range sortedKeys(given) {
			for _, at := range addressesIn(given[variable]) {
				if at.host == "127.0.0.1" || at.host == "0.0.0.0" || at.host == "localhost" {
					continue
				}
				other := serviceOf(project, at.host)
				if other == "" {
					wrong = append(wrong, fmt.Sprintf("%s: %s names %s, and there is no such service", name, variable, at.host))
				} else if !listens(project.Services[other], at.port) {
					wrong = append(wrong, fmt.Sprintf("%s: %s names port %d, which %s does not have", name, variable, at.port, other))
				}
			}
		}
	}
	return wrong
}
