package main

import (
	"os"
	"path/filepath"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/dev"
)

type devCommand struct {
	binaries
	Port       map[string]int `help:"Port of one program: orders=9080. Repeatable; also ORDERSAGA_PORT_ORDERS=9080." placeholder:"NAME=PORT" mapsep:","`
	PortOffset int            `help:"Added to every port that is not set by itself, for a second instance beside the first." env:"ORDERSAGA_PORT_OFFSET" default:"0" placeholder:"N"`
	Follow     []string       `help:"Processes whose logs are shown here as well: orders,worker." placeholder:"NAME"`
	ReadyFile  string         `help:"File to write once everything is up, for scripts." name:"wait-ready-file" type:"path" placeholder:"FILE"`
}

func (c *devCommand) Run(a *addresses) error {
	bin, err := c.folder()
	if err != nil {
		return err
	}
	return dev.Run(dev.Options{
		Dir: a.shown(), Bin: bin, Offset: c.PortOffset, Ports: c.Port, Follow: c.Follow, ReadyFile: c.ReadyFile, Out: os.Stdout,
	})
}

// shown returns the folder relative to the current one, if it is below it.
func (a *addresses) shown() string {
	here, err := os.Getwd()
	if err != nil {
		return a.Dir
	}
	if relative, err := filepath.Rel(here, a.Dir); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return a.Dir
}
