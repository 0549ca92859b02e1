package main

import (
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/contracts/programs"
)

type programsCommand struct {
	JSON bool `help:"Print JSON, for scripts and checks of a deployment." name:"json"`
}

func (c *programsCommand) Run() error {
	if c.JSON {
		return showJSON(programs.All)
	}
	tableOf([]string{"PROGRAM", "PORT", "GRPC", "ADMIN", "NEEDS", "CALLS"}, programs.All, func(p programs.Program) []string {
		grpc, admin := "", ""
		if p.Service {
			grpc, admin = strconv.Itoa(p.Port+programs.GRPCOffset), strconv.Itoa(p.Port+programs.AdminOffset)
		}
		return []string{p.Name, strconv.Itoa(p.Port), grpc, admin, strings.Join(needs(p), ", "), strings.Join(p.Calls, ", ")}
	})
	return nil
}

// needs names the engines that a program needs.
func needs(p programs.Program) (engines []string) {
	for _, engine := range []struct {
		needed bool
		name   string
	}{{p.Service, "PostgreSQL"}, {p.Documents, "MongoDB"}, {p.Broker, "RabbitMQ"}, {p.Temporal, "Temporal"}} {
		if engine.needed {
			engines = append(engines, engine.name)
		}
	}
	return engines
}
