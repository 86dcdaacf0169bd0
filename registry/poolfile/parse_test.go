package poolfile

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// families are what a plugin of the tests offers.
func families() []sdk.Op {
	return []sdk.Op{
		{Name: "box", Attrs: []sdk.Attr{
			{Name: "size", Short: "s", Doc: "of a side", Default: 1, Required: true},
			{Name: "pair", Short: "p", Default: []int{1, 1}},
			{Name: "rate", Short: "r", Default: 0.5},
			{Name: "flat", Short: "f", Default: false},
			{Name: "mode", Short: "m", Default: "sum"},
		}},
		{Name: "none"},
	}
}

// members parses a text and expands it as if every plugin offered families.
func members(name, text string) (all []Member, err error) {
	f := File{name, text}
	entries, _, err := f.Parse()
	for _, e := range entries {
		if err == nil {
			var some []Member
			some, err = f.Expand(e, families())
			all = append(all, some...)
		}
	}
	return all, err
}

const head = "[[plugin]]\nbuiltin = \"b\"\n[[plugin.op]]\n" // 3 lines

func TestMalformed(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", `1:1: no [[plugin]]: add one with builtin = "NAME" or path = "FILE"`},
		{"# nothing\n", `1:1: no [[plugin]]: add one with builtin = "NAME" or path = "FILE"`},
		{"plugin = 3", `1:1: plugin is not a list of tables: write its header in double brackets`},
		{"[plugin]\nbuiltin = 'b'", `1:1: plugin is not a list of tables: write its header in double brackets`},
		{"plugin = []", `1:1: plugin is not a list of tables: write its header in double brackets`},
		{"x = 1\n[[plugin]]", `1:1: unknown key "x": ops.toml has plugin, watch`},
		{"\n  [extra]\n[[plugin]]", `2:3: unknown key "extra": ops.toml has plugin, watch`},
		{"[[plugin]]", `1:1: [[plugin]] needs builtin = "NAME" or path = "FILE"`},
		{"[[plugin]]\nbuiltin = 3", `2:11: builtin is not a text in quotes, or is empty`},
		{"[[plugin]]\nbuiltin = ''", `2:11: builtin is not a text in quotes, or is empty`},
		{"[[plugin]]\npath = [\"a\"]", `2:8: path is not a text in quotes, or is empty`},
		{"[[plugin]]\nbuiltin = \"b\"\npath = \"a\"", `3:1: [[plugin]] has both builtin and path: keep one`},
		{"[[plugin]]\nbuiltin = \"b\"\nsha256 = \"ab\"", `3:1: a built-in plugin needs no sha256`},
		{"[[plugin]]\npath = \"b\"\nsha256 = \"ab\"", `3:10: sha256 is not 64 hexadecimal digits`},
		{"[[plugin]]\npath = \"b\"\nsha256 = \"" + strings.Repeat("g", 64) + `"`,
			`3:10: sha256 is not 64 hexadecimal digits`},
		{"[[plugin]]\npath = \"b\"\nsha256 = 12", `3:10: sha256 is not a text in quotes, or is empty`},
		{"[[plugin]]\nbuiltin = \"b\"", `1:1: plugin "b" has no [[plugin.op]]: name at least one operation`},
		{"[[plugin]]\nbuiltin = \"b\"\n\tversion = 2 # ä",
			`3:2: unknown key "version": [[plugin]] has builtin, path, sha256, op`},
		{"[[plugin]]\nbuiltin = \"b\"\n[plugin.op]\nname = \"box\"",
			`3:1: op is not a list of tables: write its header in double brackets`},
		{"[[plugin]]\nbuiltin = \"b\"\nop = \"box\"",
			`3:1: op is not a list of tables: write its header in double brackets`},
		{head, `3:1: [[plugin.op]] needs name = "FAMILY"`},
		{head + "name = true", `4:8: name is not a text in quotes, or is empty`},
		{head + "name = \"bix\"", `4:8: plugin "b" has no operation "bix": it has box, none`},
		{head + "name = \"box\"", `3:1: box needs the attribute "size" (of a side)`},
		{head + "name = \"box\"\nsice = 1", `5:1: box has no attribute "sice": it has size, pair, rate, flat, mode`},
		{head + "name = \"none\"\nsize = 1", `5:1: none has no attribute "size": it has none`},
		{head + "name = \"box\"\nsize = 1.5", `5:8: attribute "size" is a whole number, not a number`},
		{head + "name = \"box\"\nsize = \"ä\"", `5:8: attribute "size" is a whole number, not a text`},
		{head + "name = \"box\"\nsize = []", `5:8: attribute "size" has no value: the list is empty`},
		{head + "name = \"box\"\nsize = [1, 2,\n  # three\n  3, \"4\"]",
			`7:6: attribute "size" is a whole number, not a text`},
		{head + "name = \"box\"\nsize = [1, 2, 1]", `5:15: attribute "size" lists 1 twice`},
		{head + "name = \"box\"\nsize = [1, [2]]",
			`5:12: attribute "size" is a whole number, not a list of whole numbers`},
		{head + "name = \"box\"\nsize = 1\npair = 2",
			`6:8: attribute "pair" is a list of whole numbers, not a whole number`},
		{head + "name = \"box\"\nsize = 1\npair = [[1, 2], 3]",
			`6:17: attribute "pair" is a list of whole numbers, not a whole number`},
		{head + "name = \"box\"\nsize = 1\npair = [1, \"ö\", 2.5]",
			`6:12: attribute "pair": ö in a list of whole numbers`},
		{head + "name = \"box\"\nsize = 1\npair = [[1, 2], [ 1 , 2 ]]", `6:17: attribute "pair" lists [1 2] twice`},
		{head + "name = \"box\"\nsize = 1\nrate = [0.1, nan]", `6:14: attribute "rate": NaN is not a finite number`},
		{head + "name = \"box\"\nsize = 1\nflat = 1",
			`6:8: attribute "flat" is a switch (true or false), not a whole number`},
		{head + "name = \"box\"\nsize = 1\nmode = \"a b\"",
			`6:8: attribute "mode": "a b" is not 1 to 64 letters, digits, dots and underscores`},
		{head + "name = \"box\"\nsize = 1979-05-27",
			`5:8: size is neither a number, a switch, a text nor a list of them`},
		{head + "name = \"box\"\nsize = [1, { a = 1 }]",
			`5:12: size is neither a number, a switch, a text nor a list of them`},
		{head + "name = \"box\"\nsize.x = 1", `5:1: size is neither a number, a switch, a text nor a list of them`},
		{head + "name = \"box\"\n[plugin.op.size]\nx = 1",
			`5:1: size is neither a number, a switch, a text nor a list of them`},
		{"[[plugin]]\nbuiltin = \"\"\"b\n\"\"\"\nop = [{ name = \"boxes\" }]",
			`4:1: op is not a list of tables: write its header in double brackets`},
	} {
		if _, err := members("f.toml", test.text); fmt.Sprint(err) != "f.toml:"+test.want {
			t.Errorf("%s\n got %v\nwant f.toml:%s", test.text, err, test.want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[[plugin]]\nbuiltin = mbconv":             "2:11: ",
		"[[plugin]\nbuiltin = 1":                   "1:9: ",
		"[[plugin]]\nbuiltin = \"a\"\nbuiltin = 1": "3:",
		"a = \"\xff\"":                             "1:",
		"[[plugin]]\nbuiltin \"a\"":                "2:9: ",
	} {
		_, _, err := (File{"f.toml", text}).Parse()
		if err == nil || !strings.HasPrefix(err.Error(), "f.toml:"+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want f.toml:%s", text, err, want)
		}
	}
}

func TestTextsTooBigForTheDecoder(t *testing.T) {
	for want, text := range map[string]string{
		"f.toml:1:1: the file is longer than 262144 bytes": strings.Repeat("\n", MaxText+1),
		"f.toml:2:1: the line is longer than 4096 bytes":   "\nplugin" + strings.Repeat(".a", 1<<12) + " = 1",
		"f.toml:1:261: more than 256 brackets are open":    "a = " + strings.Repeat("[", 1<<10),
	} {
		if _, _, err := (File{"f.toml", text}).Parse(); fmt.Sprint(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestProductFollowsTheFile(t *testing.T) {
	for text, want := range map[string]string{
		"size = [2, 1]\npair = [[1, 2], [2, 1]]":     "box-s2-p1.2 box-s2-p2.1 box-s1-p1.2 box-s1-p2.1",
		"pair = [[1, 2], [2, 1]]\nsize = [2, 1]":     "box-s2-p1.2 box-s1-p1.2 box-s2-p2.1 box-s1-p2.1",
		"size = 3\npair = [4, 5, 6]":                 "box-s3-p4.5.6",
		"size = 3\npair = [[4]]":                     "box-s3-p4",
		"size = 3\nrate = [1, 0.25, 0.5]":            "box-s3-r1 box-s3-r0.25 box-s3",
		"flat = [false, true]\nsize = 1":             "box-s1 box-s1-ftrue",
		"'mode' = ['max', \"\\u0061\"]\nsize = 0x10": "box-s16-mmax box-s16-ma",
		"size = [\n1, # one\n2,\n]":                  "box-s1 box-s2",
	} {
		all, err := members("f.toml", head+"name = \"box\"\n"+text)
		var names []string
		for _, m := range all {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != want || err != nil {
			t.Errorf("%s\n got %s, %v\nwant %s", text, got, err, want)
		}
	}
}

func TestTooManyOperations(t *testing.T) {
	numbers := "[0"
	for i := range 200 {
		numbers += fmt.Sprintf(", %d", i+1)
	}
	_, err := members("f.toml", head+"name = \"box\"\nsize = "+numbers+"]\nrate = "+numbers+"]")
	if want := "f.toml:6:1: these are more than 16384 operations"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Whatever the text, parse and expand return, and an error is one line that starts with a position in the text.
func FuzzParse(f *testing.F) {
	for _, path := range []string{"../../ops.toml", "../../pools/second45.toml", "../../pools/latency19.toml"} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(strings.NewReplacer("mbconv", "box", "kernel", "size", "groups", "pair").Replace(string(text)))
	}
	f.Add(head + "name = \"box\"\nsize = [1, 2]\nmode = '''a'''\n\"rate\" = [1, 2.5]")
	f.Add("plugin = [{ builtin = 'a', op = [{ name = \"box\", size.x = 1, pair = [[1], [2]] }] }]")
	f.Add("[[plugin]]\npath = \"\"\"\n\\\"\"\"\"\"\nop = [\n{name = 'none'}, # ]\n]")
	f.Add("[[plugin]]\nbuiltin = \"b\"\n[plugin.x.y]\n[[plugin.x.z]]\n[[plugin.op]]\n[plugin.op.size]\n[[plugin]]")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := members("f.toml", text)
		if err != nil {
			positioned(t, "f.toml", text, err)
		}
	})
}
