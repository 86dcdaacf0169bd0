package wire_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/nse-dev/nse/sdk/wire"
)

// The messages that the plugin in Python declares are those of the protocol.
func TestMessagesOfPythonPlugin(t *testing.T) {
	script, err := os.ReadFile("../../examples/plugin-python/ghost.py")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(script), "MESSAGES = \"\"\"\n")
	table, _, ends := strings.Cut(table, "\n\"\"\"\n")
	if !ends {
		t.Fatal("ghost.py has no table of messages")
	}
	messages := wire.File_nse_wire_v1_wire_proto.Messages()
	for line := range strings.Lines(table) {
		name, fields, _ := strings.Cut(strings.TrimSpace(line), " ")
		m := messages.ByName(protoreflect.Name(name))
		if name == "Entry" { // of all maps
			m = messages.ByName("BuildRequest").Fields().ByName("attributes").Message()
		}
		if m == nil {
			t.Errorf("the protocol has no message %s", name)
			continue
		}
		for _, field := range strings.Fields(fields) {
			parts := regexp.MustCompile(`^(\w+):(\w+)(\+?)=(\d+)$`).FindStringSubmatch(field)
			if parts == nil {
				t.Errorf("%s: %q is not name:type=number", name, field)
				continue
			}
			f := m.Fields().ByName(protoreflect.Name(parts[1]))
			if f == nil || declared(f) != field {
				t.Errorf("%s: %s is not in the protocol: %v", name, field, f)
			}
		}
	}
}

// declared is a field as the table writes it. An enumeration is an int32 on the wire, and a map a list of entries.
func declared(f protoreflect.FieldDescriptor) string {
	kind := f.Kind().String()
	switch {
	case f.IsMap():
		kind = "Entry"
	case f.Kind() == protoreflect.MessageKind:
		kind = string(f.Message().Name())
	case f.Kind() == protoreflect.EnumKind:
		kind = "int32"
	}
	if f.Cardinality() == protoreflect.Repeated {
		kind += "+"
	}
	return fmt.Sprintf("%s:%s=%d", f.Name(), kind, f.Number())
}
