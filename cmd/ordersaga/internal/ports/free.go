package ports

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// CheckFree checks that the ports are free, those of the engines only with engines. The error has
// one line for each port in use, with its program and how to choose another.
func (p Ports) CheckFree(engines bool) error {
	// All listeners are closed together at the end.
	var held []net.Listener
	defer func() {
		for _, listener := range held {
			listener.Close()
		}
	}()
	var faults []string
	for _, entry := range table {
		if entry.engine && !engines {
			continue
		}
		listener, err := net.Listen("tcp", p.Address(entry.name))
		if err == nil {
			held = append(held, listener)
			continue
		}
		faults = append(faults, taken(entry, p[entry.name], err))
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n"))
	}
	return nil
}

func taken(p port, number int, err error) string {
	why := "is in use by another program"
	if !errors.Is(err, syscall.EADDRINUSE) {
		why = "cannot be used (" + err.Error() + ")"
	}
	return fmt.Sprintf("port %d %s and needed by %s: choose another with --port %s=NUMBER, or move all with --port-offset N", number, why, p.owner, p.name)
}
