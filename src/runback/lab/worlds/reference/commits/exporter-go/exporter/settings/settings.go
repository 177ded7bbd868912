// Package settings holds what the exporter is told.
package settings

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Settings of the exporter.
type Settings struct{ Days int }

// Read panics where the file does not hold what it must.
func Read(file string) Settings {
	text, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	given := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		name, value, _ := strings.Cut(line, "=")
		given[name] = value
	}
	return Settings{Days: number(given["retention"])}
}

func number(text string) int {
	found, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Errorf("the settings cannot be read: %w", err))
	}
	return found
}
