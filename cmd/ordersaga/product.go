package main
type productCommands struct{}
