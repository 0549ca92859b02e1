package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"github.com/joho/godotenv"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/devfile"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/stack"
)

type doctorCommand struct {
	binaries
	Programs []string `arg:"" optional:"" help:"Programs to check with this environment; without any, the stack that runs here."`
	EnvFile  []string `help:"File of NAME=value lines to add to the environment; later ones win." type:"existingfile" placeholder:"FILE"`
}

func (c *doctorCommand) Run(a *addresses) error {
	if len(c.Programs) == 0 && len(c.EnvFile) > 0 {
		return usage{errors.New("name the program of that environment: ordersaga doctor orders --env-file FILE")}
	}
	names, err := selectPrograms(c.Programs)
	if err != nil {
		return err
	}
	environment := c.given
	if len(c.Programs) == 0 {
		if environment, err = c.local(a); err != nil {
			return err
		}
	}
	var ill []string
	for i, name := range names {
		if i > 0 {
			fmt.Println()
		}
		well, err := c.check(name, environment)
		if err != nil {
			return err
		}
		if !well {
			ill = append(ill, name)
		}
	}
	if len(ill) > 0 {
		fmt.Fprintf(os.Stderr, "ordersaga: something is wrong with %s\n", strings.Join(ill, ", "))
		return answered{exitNo}
	}
	fmt.Println("\nnothing is wrong")
	return nil
}

// check runs a program's --check with an environment.
func (c *doctorCommand) check(name string, environment func(string) ([]string, error)) (well bool, err error) {
	path, err := c.path(name)
	if err != nil {
		return false, err
	}
	command := exec.Command(path, "--check")
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if command.Env, err = environment(name); err != nil {
		return false, err
	}
	err = command.Run()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("run %s --check: %w", path, err)
	}
	return true, nil
}

// given returns this process's environment with the values of the files.
func (c *doctorCommand) given(string) ([]string, error) {
	environment := os.Environ()
	for _, file := range c.EnvFile {
		values, err := godotenv.Read(file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		for name, value := range values {
			environment = append(environment, name+"="+value)
		}
	}
	return environment, nil
}

// local returns the environment of each program in the stack of the folder.
func (c *doctorCommand) local(a *addresses) (func(string) ([]string, error), error) {
	file, err := devfile.Load(a.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no stack in %s: `make run` makes one; for a deployment name its programs, "+
			"as in `ordersaga doctor orders --env-file orders.env`", a.shown())
	}
	if err != nil {
		return nil, err
	}
	s := &stack.Stack{Dir: a.Dir, Ports: file.Ports, File: file, Environment: os.Environ()}
	engines, err := s.ReadEngines()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the engines of the stack in %s are not running: `make run` starts them", a.shown())
	}
	if err != nil {
		return nil, err
	}
	return func(name string) ([]string, error) { return s.Program(name, engines).Env, nil }, nil
}
