package fetch

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"

	"github.com/nse-dev/nse/internal/text"
)

// maxManifest bounds a manifest in bytes.
const maxManifest = 4 << 20

// manifest is what matters of an OCI manifest, or of an index of several.
type manifest struct {
	Manifests []v1.Descriptor `json:"manifests"` // of an index
	Layers    []v1.Descriptor `json:"layers"`
}

// pull loads the file of a plugin for this platform from a registry of OCI into a folder. An index has a manifest for
// each platform. A manifest has one file, or files whose titles end with their platforms. Everything is checked by its
// digest, which the source then names.
func pull(ctx context.Context, ref, dir string) (l loaded, err error) {
	ctx, steady, stop := steadily(ctx, patience)
	defer stop()
	defer func() {
		if err != nil {
			err = fmt.Errorf("oci://%s: %w", ref, silence(ctx, err))
		}
	}()
	at, err := registry.ParseReference(ref)
	if err != nil {
		return l, err
	}
	if at.Reference == "" {
		return l, fmt.Errorf("want a tag or a digest behind it, such as :1.2.0")
	}
	from := &remote.Repository{Reference: at, PlainHTTP: loopback(at.Registry),
		Client: &auth.Client{Client: client(), Cache: auth.NewCache()}}
	first, body, err := from.FetchReference(ctx, at.Reference)
	if err != nil {
		return l, err
	}
	m, err := readManifest(steady(body), body, first)
	if err == nil && len(m.Manifests) > 0 {
		m, err = ofPlatform(ctx, from, m, steady)
	}
	if err != nil {
		return l, err
	}
	layer, err := m.file()
	if err != nil {
		return l, err
	}
	l = loaded{path: filepath.Join(dir, "loaded"), name: layer.Annotations[v1.AnnotationTitle],
		source: fmt.Sprintf("oci://%s/%s@%s", at.Registry, at.Repository, first.Digest)}
	if l.name == "" {
		l.name = path.Base(at.Repository)
	}
	return l, into(l.path, func(w io.Writer) error { return blob(ctx, from, layer, steady, w) })
}

// readManifest reads a manifest, checks its digest, and closes the body.
func readManifest(r io.Reader, body io.Closer, d v1.Descriptor) (m manifest, err error) {
	defer body.Close()
	if d.Size > maxManifest {
		return m, fmt.Errorf("its manifest is longer than %d bytes", maxManifest)
	}
	text, err := content.ReadAll(r, d)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, fmt.Errorf("its manifest: %w", err)
	}
	return m, nil
}

// ofPlatform is the manifest for this platform of an index.
func ofPlatform(
	ctx context.Context, from *remote.Repository, index manifest, steady func(io.Reader) io.Reader,
) (manifest, error) {
	var there []string
	for _, d := range index.Manifests {
		if d.Platform == nil {
			continue
		}
		there = append(there, d.Platform.OS+"/"+d.Platform.Architecture)
		if there[len(there)-1] != platform {
			continue
		}
		body, err := from.Manifests().Fetch(ctx, d)
		if err != nil {
			return manifest{}, err
		}
		m, err := readManifest(steady(body), body, d)
		if err == nil && len(m.Manifests) > 0 {
			err = fmt.Errorf("its manifest for %s is an index again", platform)
		}
		return m, err
	}
	return manifest{}, none(there)
}

// file is the one that a manifest has for this platform.
func (m manifest) file() (v1.Descriptor, error) {
	files := m.Layers
	if len(files) > 1 {
		files = slices.DeleteFunc(slices.Clone(files), func(d v1.Descriptor) bool {
			title := strings.TrimSuffix(stem(d.Annotations[v1.AnnotationTitle]), ".exe")
			return !slices.ContainsFunc(endings(), func(e string) bool { return strings.HasSuffix(title, e) })
		})
	}
	if len(files) == 1 {
		return files[0], nil
	}
	var there []string
	for _, d := range m.Layers {
		there = append(there, text.Clean(d.Annotations[v1.AnnotationTitle]))
	}
	return v1.Descriptor{}, none(there)
}

// none is the error that nothing is there for this platform, or too much.
func none(there []string) error {
	slices.Sort(there)
	return fmt.Errorf("it has no one plugin for %s/%s: it has %s", runtime.GOOS, runtime.GOARCH,
		text.Clean(text.OrDash(there, ", ")))
}

// blob writes a file of a repository, and checks its digest.
func blob(
	ctx context.Context, from *remote.Repository, d v1.Descriptor, steady func(io.Reader) io.Reader, w io.Writer,
) error {
	if d.Size > maxBytes {
		return fmt.Errorf("it is longer than %d bytes", maxBytes)
	}
	body, err := from.Blobs().Fetch(ctx, d)
	if err != nil {
		return err
	}
	defer body.Close()
	r := content.NewVerifyReader(steady(body), d)
	if err := copyUpTo(w, r, maxBytes); err != nil {
		return err
	}
	return r.Verify()
}
