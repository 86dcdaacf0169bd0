package main

import (
	"fmt"
	"io"
	"os"
)

// readText reads a file that the user names, unless it is longer than any pool, configuration or list of architectures.
func readText(path string) ([]byte, error) {
	const most = 64 << 20
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s: the file is longer than %d bytes", path, most)
	}
	return text, err
}
