package main
type orderCommands struct{}
