package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/contracts/programs"
)

type programsCommand struct {
	JSON bool `help:"Print JSON, for scripts and checks of a deployment." name:"json"`
}

func (c *programsCommand) Run() error {
	if c.JSON {
		raw, err := json.Marshal(programs.All)
		if err != nil {
			return err
		}
		printJSON(raw)
		return nil
	}
	rows := [][]string{{"PROGRAM", "PORT", "GRPC", "ADMIN", "NEEDS", "CALLS"}}
	for _, p := range programs.All {
		row := []string{p.Name, strconv.Itoa(p.Port), "", "", strings.Join(needs(p), ", "), strings.Join(p.Calls, ", ")}
		if p.Service {
			row[2], row[3] = strconv.Itoa(p.Port+programs.GRPCOffset), strconv.Itoa(p.Port+programs.AdminOffset)
		}
		rows = append(rows, row)
	}
	table(rows)
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
