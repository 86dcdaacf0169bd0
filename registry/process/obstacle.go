package process

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry/trust"
)

// obstacle says why the system does not execute the program at path, where its error does not say so. It is empty if
// nothing is known beyond that error. The path is not named: it is that of a copy.
func obstacle(path string, err error) string {
	head, read := headOf(path)
	if read != nil {
		return ""
	}
	line, script := interpreterLine(head)
	switch {
	case errors.Is(err, os.ErrPermission) && noexec(filepath.Dir(path)):
		return fmt.Sprintf("%s is on a file system that executes nothing (mounted noexec): %s names another folder "+
			"for copies of plugins", text.Printable(filepath.Dir(path)), trust.CacheVariable)
	case script:
		return hindrance(line)
	case errors.Is(err, syscall.ENOEXEC):
		return unfit(head)
	case errors.Is(err, os.ErrNotExist):
		return loaderOf(path)
	}
	return ""
}

// headOf is the beginning of a file.
func headOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 512))
}

// interpreterLine is what follows #! in the first line of a script. script is false without these characters.
func interpreterLine(head []byte) (line string, script bool) {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	rest, script := bytes.CutPrefix(first, []byte("#!"))
	return string(rest), script
}

// windowsEnd is the reason of a script with the line ends of Windows.
func windowsEnd(line string) string {
	return fmt.Sprintf("its first line ends as on Windows (CR LF), and no interpreter is called %q: save it with line "+
		"ends of Unix (LF)", strings.TrimSpace(line[:len(line)-1])+"\r")
}

// windowsScript is windowsEnd of the script at path. It is empty for any other file.
func windowsScript(path string) string {
	head, err := headOf(path)
	line, script := interpreterLine(head)
	if err != nil || !script || !strings.HasSuffix(line, "\r") {
		return ""
	}
	return windowsEnd(line)
}

// hindrance is why a script cannot be started, by its interpreter.
func hindrance(line string) string {
	if strings.HasSuffix(line, "\r") {
		return windowsEnd(line)
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return "its first line names no interpreter after #!"
	}
	name := text.Printable(words[0])
	info, missing := os.Stat(words[0])
	switch {
	case errors.Is(missing, os.ErrNotExist):
		return fmt.Sprintf("its interpreter %s, which the first line names, is not there", name)
	case missing == nil && info.IsDir():
		return fmt.Sprintf("its interpreter %s, which the first line names, is a folder", name)
	case missing == nil && info.Mode()&0o111 == 0:
		return fmt.Sprintf("its interpreter %s, which the first line names, may not be executed", name)
	}
	return ""
}

// unfit is why a file that is no script has no form that the system executes.
func unfit(head []byte) string {
	const mark = "\xef\xbb\xbf" // of UTF-8
	here := runtime.GOOS + "/" + runtime.GOARCH
	switch {
	case len(head) == 0:
		return "the file is empty"
	case bytes.HasPrefix(head, []byte(mark+"#!")):
		return "a byte order mark stands before #!: save it as UTF-8 without one"
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)) && len(head) >= 20:
		if machine := machineOf(head); machine != runtime.GOARCH || runtime.GOOS == "darwin" {
			return fmt.Sprintf("it is a program for another system or processor, %s, and this machine is %s", machine,
				here)
		}
	case bytes.HasPrefix(head, []byte("MZ")):
		return "it is a program for Windows, and this machine is " + here
	case bytes.HasPrefix(head, []byte("\xcf\xfa\xed\xfe")), bytes.HasPrefix(head, []byte("\xca\xfe\xba\xbe")):
		return "it is a program for macOS, and this machine is " + here
	case !bytes.Contains(head, []byte{0}):
		return "it is a script whose first line does not name its interpreter, such as #!/usr/bin/env python3"
	}
	return ""
}

// machineOf is the processor that an ELF file is for, as GOARCH has it where Go knows it.
func machineOf(head []byte) string {
	var order binary.ByteOrder = binary.LittleEndian
	if head[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		order = binary.BigEndian
	}
	known := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386",
		elf.EM_ARM:   "arm",
		elf.EM_RISCV: "riscv64", elf.EM_S390: "s390x", elf.EM_PPC64: "ppc64le", elf.EM_LOONGARCH: "loong64"}
	const at = 18 // of e_machine
	machine := elf.Machine(order.Uint16(head[at:]))
	if name, ok := known[machine]; ok {
		return name
	}
	return machine.String()
}

// loaderOf is the dynamic loader that an ELF file names and that is not there.
func loaderOf(path string) string {
	f, err := elf.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP || p.Filesz > 4096 {
			continue
		}
		name := make([]byte, p.Filesz)
		if _, err := p.ReadAt(name, 0); err != nil {
			return ""
		}
		loader := strings.TrimRight(string(name), "\x00")
		if _, err := os.Stat(loader); errors.Is(err, os.ErrNotExist) {
			return fmt.Sprintf("its loader %s is not there: it was built for another C library or distribution",
				text.Printable(loader))
		}
	}
	return ""
}
