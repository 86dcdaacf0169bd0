package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nse-dev/nse/examples/plugin-exec/softpool"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/serve"
)

// TestMain makes the test binary the program nse too, which starts itself again for built-in plugins.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nse":          main,
		"nse-box":      func() { serve.Main(box()) },
		"nse-basic":    func() { serve.Main(basicBlock()) },
		"nse-softpool": func() { serve.Main(softpool.Op()) },
		"nse-moody":    func() { serve.Main(moody()) },
		"nse-numbered": func() { serve.Main(numbered(os.Args[1])) },
		"nse-frail":    func() { serve.Main(frail()) },
		"nse-otherbox": func() { serve.Main(otherBox()) },
		"nse-pooled":   func() { serve.Main(pooled(os.Args[1], os.Args[2])) },
		"nse-faulty":   func() { serveFaulty(os.Args[1], os.Args[2]) },
	})
}

// moody is softpool with a kernel that gives other results at every call, though it promises not to.
func moody() sdk.Op {
	op := softpool.Op()
	forward, calls := op.Kernels[0].Forward, 0
	op.Kernels[0].Forward = func(c sdk.Call) error {
		calls++
		c.X[0] += float32(calls) / 1e6
		return forward(c)
	}
	return op
}

// frail is softpool in a process that ends in its third call.
func frail() sdk.Op {
	op := softpool.Op()
	forward, calls := op.Kernels[0].Forward, 0
	op.Kernels[0].Forward = func(c sdk.Call) error {
		if calls++; calls == 3 {
			os.Exit(3)
		}
		return forward(c)
	}
	return op
}

// box is the operation of a plugin that does not ship.
func box() sdk.Op {
	return sdk.Op{Name: "box", Attrs: []sdk.Attr{{Name: "kernel", Short: "k", Doc: "side", Default: 3, Required: true}},
		Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
			return g.Input().ConvKxK(l.Out, a.Int("kernel"), l.Stride, 1, 1).BatchNorm(), nil
		}}
}

// otherBox has box's name and is another operation.
func otherBox() sdk.Op {
	op := box()
	op.Build = func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
		return g.Input().ConvKxK(l.Out, a.Int("kernel"), l.Stride, 1, 1).BatchNormAct(l.Activation), nil
	}
	return op
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			checkout, err := filepath.Abs("../..")
			e.Setenv(registry.CacheVariable, filepath.Join(e.WorkDir, ".cache"))
			e.Setenv("CHECKOUT", checkout)
			for _, name := range []string{"GOCACHE", "GOMODCACHE"} { // a script has no home
				out, goErr := exec.Command("go", "env", name).Output()
				err = errors.Join(err, goErr)
				e.Setenv(name, strings.TrimSpace(string(out)))
			}
			return err
		},
		Condition: func(name string) (bool, error) {
			if name != "python" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return python()
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fails": fails,
			"paint": paint,
			"album": album,
			"cpdir": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
			},
			"truncate": truncate,
			"seal":     seal,
			"offer":    offer,
			"follow":   letter,
			"agree":    agree,
			"alike":    alike,
			"archfile": archfile,
			"edit":     edit,
			"lacking":  lacking,
		},
	})
}

// paint FILE RED GREEN BLUE: writes a PNG file of one colour.
func paint(ts *testscript.TestScript, _ bool, args []string) {
	var channels [3]uint8
	for i := range channels {
		v, err := strconv.ParseUint(args[1+i], 10, 8)
		ts.Check(err)
		channels[i] = uint8(v)
	}
	m := image.NewRGBA(image.Rect(0, 0, 12, 10))
	draw.Draw(m, m.Rect, image.NewUniform(color.RGBA{channels[0], channels[1], channels[2], 255}), image.Point{},
		draw.Src)
	writePNG(ts, args[0], m)
}

func writePNG(ts *testscript.TestScript, name string, m image.Image) {
	path := ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	f, err := os.Create(path)
	ts.Check(err)
	ts.Check(errors.Join(png.Encode(f, m), f.Close()))
}

// album DIR FROM TO: writes PNG files FROM.png to TO.png of different images, which follow from their numbers.
func album(ts *testscript.TestScript, _ bool, args []string) {
	from, err := strconv.Atoi(args[1])
	to, err2 := strconv.Atoi(args[2])
	ts.Check(errors.Join(err, err2))
	for n := from; n <= to; n++ {
		m := image.NewGray(image.Rect(0, 0, 12, 10))
		for i := range m.Pix {
			m.Pix[i] = uint8(n * (i + 7) * (i + 3))
		}
		writePNG(ts, fmt.Sprintf("%s/%d.png", args[0], n), m)
	}
}

// offer PROGRAM: serves a program of the test's on this machine. $OFFERED is its URL, and $SUM its checksum.
func offer(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	binary, err := os.ReadFile(path)
	ts.Check(err)
	s := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(path))))
	ts.Defer(s.Close)
	sum := sha256.Sum256(binary)
	ts.Setenv("OFFERED", s.URL+"/"+args[0])
	ts.Setenv("SUM", hex.EncodeToString(sum[:]))
}

// letter is follow PAGE: it writes the commands of a page, its blocks of sh and those that are indented, to the script
// steps.sh, and its first block of go and of toml to main.go and page.toml. A module that is made gets nse from the
// checkout.
func letter(ts *testscript.TestScript, _ bool, args []string) {
	var steps strings.Builder
	files := map[string]string{}
	for i, block := range strings.Split(ts.ReadFile(args[0]), "\n```") {
		language, text, _ := strings.Cut(block, "\n")
		switch {
		case i%2 == 1 && language == "sh":
			fmt.Fprintln(&steps, text)
		case i%2 == 1 && files[language] == "":
			files[language] = text + "\n"
		case i%2 == 0:
			for line := range strings.Lines(block) {
				if command, indented := strings.CutPrefix(line, "    "); indented {
					steps.WriteString(command)
				}
			}
		}
	}
	replaced := "go mod edit -require github.com/nse-dev/nse@v0.0.0 -replace github.com/nse-dev/nse=" +
		ts.Getenv("CHECKOUT")
	script := strings.Replace(steps.String(), "go mod init nse-fused\n", "go mod init nse-fused\n"+replaced+"\n", 1)
	ts.Check(os.WriteFile(ts.MkAbs("steps.sh"), []byte(script), 0o644))
	if files["go"] != "" {
		ts.Check(os.WriteFile(ts.MkAbs("main.go"), []byte(files["go"]), 0o644))
		ts.Check(os.WriteFile(ts.MkAbs("page.toml"), []byte(files["toml"]), 0o644))
	}
}

// truncate FILE BYTES: leaves the first bytes of a file.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// fails STATUS LINE COMMAND...: the command ends with that status and writes exactly that line, in
// which $WORK is the script's folder, to standard error.
func fails(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[2], args[3:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	args[1] = strings.ReplaceAll(args[1], "$WORK", ts.Getenv("WORK"))
	if got := ts.ReadFile("stderr"); got != args[1]+"\n" || strconv.Itoa(code) != args[0] {
		ts.Fatalf("%s\n got (%d) %swant (%s) %s", strings.Join(args[2:], " "), code, got, args[0], args[1])
	}
}

// seal POOL PLUGIN: writes the plugin's checksum where the pool file says SHA256, and its path where it says PLUGIN. A
// name without a folder is a program of the test's.
func seal(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath(args[1])
	if err != nil {
		path = ts.MkAbs(args[1])
	}
	binary, err := os.ReadFile(path)
	ts.Check(err)
	sum := sha256.Sum256(binary)
	text := strings.NewReplacer("SHA256", hex.EncodeToString(sum[:]), "PLUGIN", path).Replace(ts.ReadFile(args[0]))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}
