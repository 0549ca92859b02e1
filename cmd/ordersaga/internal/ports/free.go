package ports

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
)

// CheckFree tries the ports and fails with one line for each that another program has, saying who
// wants it and how to choose another. Those of the engines are tried when engines says so.
func (p Ports) CheckFree(engines bool) error {
	// A restart must not wait for ports to be let go one by one: all are held at once and given
	// back together.
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
	why := "is taken by another program"
	if !errors.Is(err, syscall.EADDRINUSE) {
		why = "cannot be used (" + err.Error() + ")"
	}
	return fmt.Sprintf("port %d %s; %s wants it: choose another with --port %s=NUMBER, or move them all with --port-offset N", number, why, p.owner, p.name)
}
