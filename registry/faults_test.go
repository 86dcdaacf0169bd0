package registry_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// one is a pool of one operation of one plugin; both have the name.
func one(name, family string) string {
	return fmt.Sprintf("[[plugin]]\nbuiltin = %q\n[[plugin.op]]\nname = %q\n", name, family)
}

func TestFaultyPlugins(t *testing.T) {
	at := "ops.toml:2:11: "
	op := "ops.toml:3:1: "
	normal := " at layer 0 (240→240, stride 1, 16×16): "
	for name, c := range map[string]struct{ family, want string }{
		"exits": {"x", at + `plugin "exits" exited at once: exit status 3, "no licence found"`},
		"garbage": {"x", at + `plugin "garbage" printed "hello, I am [31m a program" where the handshake belongs: ` +
			`it is no plugin of nse, or prints before serve.Main`},
		"old": {"x",
			at + `plugin "old" speaks protocol version 7, this nse speaks 1: rebuild it with this version's sdk`},
		"netrpc": {"x", at + `plugin "netrpc" speaks netrpc, not grpc`},
		"tcp": {"x", at + `plugin "tcp" cannot be reached: tcp 127.0.0.1:9 is not a Unix socket in the folder ` +
			`PLUGIN_UNIX_SOCKET_DIR`},
		"lodger": {"lodger", op + "lodger" + normal + "its folder is drwx------, <nil>"},
		"mbconf": {"x", at + `plugin "mbconf" exited at once: exit status 1, "nse: there is no built-in plugin ` +
			`\"mbconf\": did you mean \"mbconv\"?"`},
		"deaf": {"x", at + `plugin "deaf" did not answer Describe within 2s`},
		"version": {"x", at + `plugin "version" says that it speaks protocol version 2, this nse speaks 1: rebuild ` +
			`it with this version's sdk`},
		"unsaid": {"x", at + `plugin "unsaid" tells an invalid version: "1.0 or so" is not at most 128 printable ` +
			`characters without spaces`},
		"nothing": {"x", at + `plugin "nothing" offers no operation`},
		"twice":   {"x", at + `plugin "twice" describes an invalid operation: family lie is described twice`},
		"badname": {"x", at + `plugin "badname" describes an invalid operation: family "A Lie": a name is 1 to 64 ` +
			`lower-case letters, digits and dashes, and starts with a letter`},
		"hangs":  {"hangs", op + `plugin "hangs" did not answer Build of hangs within 2s`},
		"panics": {"panics", op + `panics panicked: no idea at all`},
		"dies": {"dies",
			op + `plugin "dies" exited before Build of dies was answered: exit status 2, "panic: out of luck"`},
		"shape":  {"shape", op + "shape" + normal + `output is 16×16×241, the layer needs 16×16×240`},
		"silent": {"lie", op + `plugin "silent" answered Build of lie with neither a graph nor an error`},
		"empty": {"lie", op + `plugin "empty" built an invalid lie` + normal +
			`output: node 0 does not exist before node 0`},
		"self": {"lie", op + `plugin "self" built an invalid lie` + normal +
			`node 0 (relu): node 0 does not exist before node 0`},
		"blank": {"lie", op + `plugin "blank" built an invalid lie` + normal + `node 0: it has no primitive`},
		"huge": {"lie", op + `plugin "huge" built an invalid lie` + normal +
			`node 4096 (relu): more than 4096 nodes`},
		"chatty": {"lie", op + `line one line two`},
		"tooheavy": {"lie",
			op + `plugin "tooheavy": Build of lie: grpc: received message larger than max (5242885 vs. 4194304)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start, o := time.Now(), options()
			if name == "deaf" || name == "hangs" {
				o.CallTimeout = 2 * time.Second
			}
			_, err := loadWith(t, one(name, c.family), o)
			if fmt.Sprint(err) != c.want {
				t.Errorf("\n got %v\nwant %s", err, c.want)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestUnreachableAndFlooding(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"nowhere", `^ops.toml:2:11: plugin "nowhere": Describe: connection error: .*/none`},
		{"elsewhere",
			`^ops.toml:2:11: plugin "elsewhere" cannot be reached: unix /.*/../socket ` +
				`is not a Unix socket in the folder PLUGIN_UNIX_SOCKET_DIR$`},
		{"flood", `^ops.toml:2:11: plugin "flood" printed "x{300}…" where the handshake belongs`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, one(test.name, "x"))
			if !regexp.MustCompile(test.want).MatchString(fmt.Sprint(err)) || strings.Contains(fmt.Sprint(err), "\n") {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestMutePluginMissesStartTimeout(t *testing.T) {
	o := options()
	o.StartTimeout = 300 * time.Millisecond
	_, err := loadWith(t, one("mute", "x"), o)
	if want := `ops.toml:2:11: plugin "mute" did not start within 300ms`; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
