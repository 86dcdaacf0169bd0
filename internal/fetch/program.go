package fetch

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/text"
)

// headBytes are enough of a file to tell what it is.
const headBytes = 4096

// program is the plugin among what was loaded: the file itself, or the one program of an archive for this platform.
func program(l loaded, dir string) (path, name string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", l.source, err)
		}
	}()
	head, err := headOf(l.path)
	if err != nil {
		return "", "", err
	}
	if open := archiveOf(head); open != nil {
		return unpack(l, dir, open)
	}
	systems := systemsOf(head)
	switch {
	case len(systems) == 0:
		return "", "", fmt.Errorf("it is neither a program, nor a .tar.gz or .zip with one")
	case !fits(systems):
		return "", "", fmt.Errorf("it is a program for %s, and this machine is %s", strings.Join(systems, " and "),
			platform)
	}
	name, err = plain(l.name)
	return l.path, name, err
}

// fits reports whether a program for some systems runs here.
func fits(systems []string) bool {
	return slices.ContainsFunc(systems, func(s string) bool {
		return s == platform || s == script && runtime.GOOS != "windows"
	})
}

// script is the system of programs that name an interpreter.
const script = "Unix"

// headOf is the beginning of a file.
func headOf(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readHead(f)
}

func readHead(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, headBytes)) }

// systemsOf lists for which systems a program is, as GOOS/GOARCH, by the beginning of its file. It is empty for a file
// that is no program.
func systemsOf(head []byte) []string {
	switch {
	case bytes.HasPrefix(head, []byte("#!")):
		return []string{script}
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)) && len(head) >= 20:
		system := "linux/"
		if elf.OSABI(head[elf.EI_OSABI]) == elf.ELFOSABI_FREEBSD {
			system = "freebsd/"
		}
		return []string{system + elfMachine(head)}
	case bytes.HasPrefix(head, []byte("\xcf\xfa\xed\xfe")) && len(head) >= 8:
		return []string{"darwin/" + machMachine(binary.LittleEndian.Uint32(head[4:]))}
	case bytes.HasPrefix(head, []byte("\xca\xfe\xba\xbe")) && len(head) >= 8:
		return fatSystems(head)
	case bytes.HasPrefix(head, []byte("MZ")) && len(head) >= 64:
		return []string{"windows/" + peMachine(head)}
	}
	return nil
}

// elfMachine is the processor of an ELF file, as GOARCH has it where Go knows it.
func elfMachine(head []byte) string {
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	const at = 18 // of e_machine
	machine := elf.Machine(order.Uint16(head[at:]))
	known := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386",
		elf.EM_ARM: "arm", elf.EM_RISCV: "riscv64", elf.EM_LOONGARCH: "loong64", elf.EM_S390: "s390x",
		elf.EM_PPC64: "ppc64le"}
	if name, ok := known[machine]; ok {
		return name
	}
	return text.Clean(machine.String())
}

// machMachine is the processor of a Mach-O file.
func machMachine(cpu uint32) string {
	switch cpu {
	case 0x01000007:
		return "amd64"
	case 0x0100000c:
		return "arm64"
	}
	return fmt.Sprintf("cpu-%x", cpu)
}

// fatSystems are those of a universal file of macOS. Class files of Java begin in the same way, and have none.
func fatSystems(head []byte) (list []string) {
	n := binary.BigEndian.Uint32(head[4:])
	if n > 16 {
		return nil
	}
	for at := 8; n > 0 && at+20 <= len(head); at, n = at+20, n-1 {
		list = append(list, "darwin/"+machMachine(binary.BigEndian.Uint32(head[at:])))
	}
	return list
}

// peMachine is the processor of a program for Windows.
func peMachine(head []byte) string {
	at := uint64(binary.LittleEndian.Uint32(head[60:])) + 4
	if at+2 > uint64(len(head)) {
		return "unknown"
	}
	machine := binary.LittleEndian.Uint16(head[at:])
	switch machine {
	case 0x8664:
		return "amd64"
	case 0xaa64:
		return "arm64"
	}
	return fmt.Sprintf("machine-%x", machine)
}
