package fetch

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/nse-dev/nse/internal/text"
)

// nseModule is what plugins in Go are built with.
const nseModule = "github.com/nse-dev/nse"

// build builds the main package of a Go module with the user's Go, in a folder. Go downloads and checks modules as the
// user's settings say: GOPROXY, the checksum database, GOFLAGS. Without a version the latest is meant.
//
// The program tells no path of this machine, so that equal versions of Go build equal files.
func build(ctx context.Context, source, dir string) (loaded, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return loaded{}, fmt.Errorf("there is no Go on this machine to build %s with: install it (https://go.dev/dl), "+
			"or get a plugin that is built, from oci://… or from https://… with --sha256", source)
	}
	if !strings.Contains(source, "@") {
		source += "@latest"
	}
	bin := filepath.Join(dir, "bin")
	c := exec.CommandContext(ctx, tool, "install", "-trimpath", source)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOBIN="+bin, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	c.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return loaded{}, ctx.Err()
		}
		return loaded{}, fmt.Errorf("go install %s: %s", source, reason(said.String(), err))
	}
	built, err := os.ReadDir(bin)
	if err != nil || len(built) != 1 {
		return loaded{}, fmt.Errorf("go install %s made %d programs: want one", source, len(built))
	}
	l := loaded{path: filepath.Join(bin, built[0].Name()), name: built[0].Name(), source: source}
	if info, err := buildinfo.ReadFile(l.path); err == nil {
		module, _, _ := strings.Cut(source, "@")
		l.source = module + "@" + info.Main.Version
	}
	return l, nil
}

// reason is why Go failed, in one line: what it wrote, without the lines about its progress.
func reason(said string, err error) string {
	lines := slices.DeleteFunc(strings.Split(said, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "go: downloading ") || strings.TrimSpace(line) == ""
	})
	if len(lines) == 0 {
		return err.Error()
	}
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimSpace(line), "go: ")
	}
	return text.Clean(strings.Join(lines, "; "))
}

// usesNSE refuses a program in Go that is not built with nse. What other programs are shows only when they are started.
func usesNSE(l loaded) error {
	info, err := buildinfo.ReadFile(l.path)
	if err != nil || info.Main.Path == nseModule {
		return nil
	}
	for _, d := range info.Deps {
		if d.Path == nseModule {
			return nil
		}
	}
	return fmt.Errorf("%s is not a plugin: it is the Go program %s, which is not built with %s", l.source, info.Path,
		nseModule)
}

// plain is the name of a program without the platform that releases add: nse-fused for nse-fused_linux_amd64. It is an
// error for a name that no file should have.
func plain(name string) (string, error) {
	name = path.Base(filepath.ToSlash(name))
	stem := strings.TrimSuffix(name, ".exe")
	for _, ending := range endings() {
		if cut, ok := strings.CutSuffix(stem, ending); ok && cut != "" {
			name = cut + name[len(stem):]
			break
		}
	}
	if !names.MatchString(name) {
		return "", errors.New("its name is none for a plugin: " + text.Printable(name))
	}
	return name, nil
}

// endings are how names of files say that they are for this platform.
func endings() (list []string) {
	for _, dash := range []string{"_", "-"} {
		list = append(list, dash+runtime.GOOS+dash+runtime.GOARCH)
	}
	return list
}
