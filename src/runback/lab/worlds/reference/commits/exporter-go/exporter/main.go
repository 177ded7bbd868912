package main

import (
	"fmt"
	"time"

	"portal.lab.example/exporter/settings"
)

func main() {
	given := settings.Read("settings.properties")
	fmt.Printf("exporter: keeps exports for %d days\n", given.Days)
	for {
		time.Sleep(time.Minute)
		fmt.Println("exporter: nothing to export")
	}
}
