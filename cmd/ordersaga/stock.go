package main
type stockCommands struct{}
