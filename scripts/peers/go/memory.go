package main

import (
	"bufio"
	"errors"
	"os"
	"strconv"
	"strings"
)

// pssBytes is the resident memory of this process, pages that others have too by their share.
func pssBytes() (uint64, error) {
	if bytes := kib("/proc/self/smaps_rollup", "Pss:"); bytes != nil {
		return *bytes, nil
	}
	return 0, errors.New("the kernel does not tell PSS")
}

// kib is what the line that begins with name says, in bytes.
func kib(path, name string) *uint64 {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 3 && words[0] == name {
			if size, err := strconv.ParseUint(words[1], 10, 64); err == nil {
				bytes := size * 1_024
				return &bytes
			}
		}
	}
	return nil
}
