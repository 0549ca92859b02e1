package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// binaries finds the other programs.
type binaries struct {
	Bin string `help:"Folder of the programs; by default that of this one." type:"path" placeholder:"DIR"`
}

func (p *binaries) folder() (string, error) {
	if p.Bin != "" {
		return p.Bin, nil
	}
	me, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find the folder of this program: %w", err)
	}
	return filepath.Dir(me), nil
}

func (p *binaries) path(name string) (string, error) {
	folder, err := p.folder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not in the folder of this program: give its folder with --bin, or run `%s --check` itself", name, name)
	}
	return path, nil
}
