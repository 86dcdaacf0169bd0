package poolfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// pinText is a lock of one plugin, in which a line can be replaced.
const pinText = "[[plugin]]\nname = 'a/b'\nplatform = 'linux/amd64'\nversion = 'v1'\nprotocol = 1\nsha256 = '" +
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'\n"

func TestMalformedLocks(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"[[plugin]]", "1:1: [[plugin]] needs name, platform, protocol and sha256"},
		{"plugin = 1", "1:1: plugin is not a list of tables: write its header in double brackets"},
		{"plugins = 1", `1:1: unknown key "plugins": nse.lock has sum, plugin`},
		{pinText, edited},
		{sealed(pinText) + " ", edited},
		{pinText + "path = 'a'", `7:1: unknown key "path": [[plugin]] has name, platform, version, protocol, sha256`},
		{pinText + pinText, "7:1: a/b is pinned twice for linux/amd64"},
		{strings.Replace(pinText, "a/b", "./a", 1), `2:8: name is not a path in its shortest form, such as "a"`},
		{strings.Replace(pinText, "'a/b'", "3", 1), "2:8: name is not a text in quotes, or is empty"},
		{strings.Replace(pinText, "/amd64", "", 1),
			`3:12: platform is not a system and an architecture, such as "` + Platform + `"`},
		{strings.Replace(pinText, "v1", "v 1", 1),
			`4:11: version: "v 1" is not at most 128 printable characters without spaces`},
		{strings.Replace(pinText, "= 1", "= 0", 1), "5:12: protocol is not the version of a protocol, such as 1"},
		{strings.Replace(pinText, "= 1", "= '1'", 1), "5:12: protocol is not the version of a protocol, such as 1"},
		{strings.Replace(pinText, "def'", "dex'", 1), "6:10: sha256 is not 64 hexadecimal digits"},
		{"a = " + strings.Repeat("[", 1<<10), "1:261: more than 256 brackets are open"},
		{strings.Replace(pinText, "a/b", long(513), 1), "2:8: name is longer than 512 bytes"},
	} {
		if _, err := ParseLock("nse.lock", []byte(test.text)); fmt.Sprint(err) != "nse.lock:"+test.want {
			t.Errorf("%s\n got %v\nwant nse.lock:%s", test.text, err, test.want)
		}
	}
}

const edited = "1:1: the lock was edited or is damaged: restore it, or remove it and pin anew with nse ops lock"

// sealed puts its sum above the text of a lock.
func sealed(text string) string { return sumLine(text) + "\n" + text }

func long(n int) string { return strings.Repeat("a", n) }

func TestALockIsAFile(t *testing.T) {
	dir := t.TempDir()
	if text, err := ReadLock(dir); text != nil || err != nil {
		t.Errorf("without a lock: %q, %v", text, err)
	}
	path := filepath.Join(dir, LockFile)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadLock(dir); err == nil || err.Error() != path+" is not a file" {
		t.Error(err)
	}
}

func TestLocksAreSorted(t *testing.T) {
	pin := Pin{"b", "linux/arm64", "v2", 1, long(64)}
	mac, first := Pin{"b", "darwin/arm64", "", 2, long(64)}, Pin{"a'\n\"\\ä", "linux/amd64", "v1+dirty", 1, long(64)}
	text := EncodeLock([]Pin{pin, mac, first})
	got, err := ParseLock("nse.lock", text)
	if want := []Pin{first, mac, pin}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	if !bytes.Contains(text, []byte("\n# ")) {
		t.Errorf("no comment atop\n%s", text)
	}
}

func TestFlippedBitsInALock(t *testing.T) {
	text := EncodeLock([]Pin{{"a/b", "linux/amd64", "v1", 1, strings.Repeat("0123456789abcdef", 4)}})
	for i := range text {
		for bit := range 8 {
			flipped := bytes.Clone(text)
			flipped[i] ^= 1 << bit
			if _, err := ParseLock("nse.lock", flipped); err == nil || !strings.HasPrefix(err.Error(), "nse.lock:") {
				t.Errorf("byte %d, bit %d: %v", i, bit, err)
			}
		}
	}
}

// Whatever the text of a lock, an error is one line with a position in the text, and what parses is written again as
// equal pins.
func FuzzParseLock(f *testing.F) {
	f.Add("")
	f.Add(pinText)
	f.Add(sealed(pinText))
	f.Add(string(EncodeLock([]Pin{{"a'\n", "linux/amd64", "v1+dirty", 1, long(64)},
		{"b", "plan9/386", "", 7, long(64)}})))
	f.Add("plugin = [{ name = \"\\u0001\", platform = 'a/b', protocol = 0x1, sha256 = '" + strings.Repeat("AB", 32) +
		"' }]")
	f.Fuzz(func(t *testing.T, text string) {
		pins, err := readLock("nse.lock", []byte(text)) // no random text has its sum
		if err != nil {
			positioned(t, "nse.lock", text, err)
			return
		}
		again := EncodeLock(pins)
		if len(again) > MaxText {
			return // it was long before
		}
		back, err := ParseLock("nse.lock", again)
		if err != nil || !reflect.DeepEqual(back, parsed(t, EncodeLock(back))) || len(back) != len(pins) {
			t.Fatalf("%v: %+v\n%s", err, pins, again)
		}
		for _, p := range pins {
			if q, ok := Find(back, p.Name, p.Platform); !ok || q != p {
				t.Fatalf("%+v became %+v", p, q)
			}
		}
	})
}

func parsed(t *testing.T, text []byte) []Pin {
	pins, err := ParseLock("nse.lock", text)
	if err != nil {
		t.Fatal(err)
	}
	return pins
}

// positioned fails unless an error is one line that starts with a position in the text.
func positioned(t *testing.T, name, text string, err error) {
	t.Helper()
	var line, column int
	if n, scan := fmt.Sscanf(err.Error(), name+":%d:%d: ", &line, &column); n != 2 || scan != nil ||
		strings.Contains(err.Error(), "\n") {
		t.Fatalf("no position in %v, or several lines", err)
	}
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) || column < 1 || column > len(lines[line-1])+1 {
		t.Fatalf("position outside the text: %v", err)
	}
}
