// Package fetch gets plugins from elsewhere: from Go modules, registries of OCI and URLs. It starts nothing that it
// gets, and accepts nothing: that is the user's (docs/adr/0010).
package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/sdk"
)

// Ask says which plugin to get, and where it goes.
type Ask struct {
	Source   string   // MODULE[@VERSION], oci://REGISTRY/REPOSITORY:TAG or https://…
	SHA256   string   // of what a URL gives, in hexadecimal digits; for other sources it must be empty
	Out      string   // folder; empty: plugins beside the pool, or here without a pool
	Pool     string   // pool file that is to list the plugin; empty: none
	Families []string // that the pool lists; none: the one that the plugin's name says
}

// Plugin is a plugin that was got. It was not started, and is not accepted.
type Plugin struct {
	Path   string `json:"path"`
	Source string `json:"source"` // with the version or the digest that the ask left open
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Lines  string `json:"lines"` // of a pool file that lists it
	Pool   string `json:"pool"`  // that lists it now; empty: none
}

// maxBytes bounds what is downloaded, and what is unpacked from it.
const maxBytes = 1 << 30

// platform is the one that plugins are got for.
const platform = runtime.GOOS + "/" + runtime.GOARCH

// loaded is a file that a source has given: a plugin, or an archive with one.
type loaded struct {
	path   string
	name   string // by which it was offered
	source string // with the version or the digest
}

// Get gets a plugin for this platform, and puts it into its folder in one step. A plugin of another content that is
// there already is an error, and so is a program that is not one for nse. On error no file has changed.
func Get(ctx context.Context, a Ask) (got Plugin, err error) {
	load, err := a.loader()
	if err != nil {
		return got, err
	}
	for _, family := range a.Families {
		if err := (sdk.Op{Name: family}).Validate(); err != nil {
			return got, err
		}
	}
	pool, err := openPool(a.Pool)
	if err != nil {
		return got, err
	}
	out := a.Out
	if out == "" {
		out = filepath.Join(filepath.Dir(a.Pool), "plugins")
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return got, file.PathError(out, err)
	}
	defer os.Remove(out) // only an empty folder goes: it was made in vain
	work, err := os.MkdirTemp(out, ".get-")
	if err != nil {
		return got, file.PathError(out, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if work, err = filepath.Abs(work); err != nil {
		return got, err
	}
	from, err := load(ctx, work)
	if err == nil {
		from.path, from.name, err = program(from, work)
	}
	if err == nil {
		err = usesNSE(from)
	}
	if err != nil {
		return got, err
	}
	got = Plugin{Path: filepath.Join(out, from.name), Source: from.source}
	return got, got.install(from.path, pool, a.Families)
}

// loader is how the source is loaded into a folder.
func (a Ask) loader() (func(ctx context.Context, dir string) (loaded, error), error) {
	kind, rest, isURL := strings.Cut(a.Source, "://")
	secure := isURL && (kind == "https" || kind == "http" && loopback(rest))
	switch {
	case secure && !sums.MatchString(a.SHA256):
		return nil, fmt.Errorf("%s: want its SHA-256, 64 hexadecimal digits, with --sha256", a.Source)
	case !secure && a.SHA256 != "":
		return nil, fmt.Errorf("--sha256 is for https://…: Go checks modules, and oci://…@sha256:… has a digest")
	case secure:
		return func(ctx context.Context, dir string) (loaded, error) {
			return download(ctx, a.Source, a.SHA256, dir)
		}, nil
	case kind == "oci" && isURL:
		return func(ctx context.Context, dir string) (loaded, error) { return pull(ctx, rest, dir) }, nil
	case !isURL && modules.MatchString(a.Source) && !strings.Contains(a.Source, "..."):
		return func(ctx context.Context, dir string) (loaded, error) { return build(ctx, a.Source, dir) }, nil
	}
	return nil, fmt.Errorf("%q is no source of plugins: want a Go module such as example.org/you/nse-fused@latest, "+
		"oci://REGISTRY/REPOSITORY:TAG, or https://… with --sha256", a.Source)
}

var (
	sums    = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
	modules = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9.-]+/[A-Za-z0-9._~/+-]+(@[A-Za-z0-9._/+-]+)?$`)
	names   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$`)
)

// loopback reports whether what follows http:// is on this machine, where nobody listens in.
func loopback(rest string) bool {
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return host == "localhost" || host == "127.0.0.1"
}

// install puts a program in its place, and has the pool list it.
func (p *Plugin) install(from string, pool *pool, families []string) (err error) {
	if p.SHA256, err = file.SumOf(from); err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	p.Bytes = info.Size()
	if len(families) == 0 {
		families = []string{familyOf(filepath.Base(p.Path))}
	}
	if err := pool.list(p, families); err != nil {
		return err
	}
	switch there, err := file.SumOf(p.Path); {
	case err == nil && there != p.SHA256:
		return fmt.Errorf("%s is there already with another sha256, %s: remove it, or choose another --out", p.Path,
			there)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	if err := errors.Join(pool.probe(), os.Chmod(from, 0o755)); err != nil {
		return err
	}
	if err := os.Rename(from, p.Path); err != nil {
		return file.PathError(p.Path, err)
	}
	return pool.write()
}

// familyOf is the family that a plugin's name says: fused for nse-fused.
func familyOf(name string) string {
	return strings.TrimPrefix(strings.TrimSuffix(name, filepath.Ext(name)), "nse-")
}

// Text says what was got and what is next, for people.
func (p Plugin) Text() string {
	pool := "FILE"
	listed := ", once FILE has the lines above"
	if p.Pool != "" {
		pool, listed = text.Shell(p.Pool), ", which lists it"
	}
	return fmt.Sprintf("%s: %s bytes from %s, sha256 %s; it was not started\n"+
		"nse ops lock --pool %s accepts it%s\nnse ops describe %s accepts it, and lists all that it offers\n",
		text.Printable(p.Path), text.Thousands(p.Bytes), text.Printable(p.Source), p.SHA256, pool, listed,
		text.Shell(p.Path))
}
