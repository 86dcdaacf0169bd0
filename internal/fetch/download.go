package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// patience is how long a server may send nothing.
const patience = time.Minute

var errSilent = errors.New("the server sends nothing any more")

// client follows redirects that are as secure as https, or stay on this machine.
func client() *http.Client {
	return &http.Client{CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > 10 {
			return errors.New("more than 10 redirects")
		}
		if r.URL.Scheme != "https" && !loopback(r.URL.Host) {
			return fmt.Errorf("it leads to %s, which is not https", r.URL)
		}
		return nil
	}}
}

// download loads the file at a URL, whose SHA-256 is known, into a folder.
func download(ctx context.Context, address, want, dir string) (l loaded, err error) {
	at, err := url.Parse(address)
	if err != nil {
		return l, err
	}
	l = loaded{path: filepath.Join(dir, "loaded"), name: path.Base(at.Path), source: address}
	h := sha256.New()
	err = into(l.path, func(w io.Writer) error { return get(ctx, address, maxBytes, io.MultiWriter(w, h)) })
	if err != nil {
		return l, err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != strings.ToLower(want) {
		return l, fmt.Errorf("%s: its sha256 is %s, and --sha256 says %s", address, got, strings.ToLower(want))
	}
	return l, nil
}

// get writes what a URL gives. More than limit bytes are an error.
func get(ctx context.Context, address string, limit int64, w io.Writer) error {
	ctx, steady, stop := steadily(ctx, patience)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client().Do(r)
	if err != nil {
		return silence(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, response.Status)
	}
	if err := copyUpTo(w, steady(response.Body), limit); err != nil {
		return fmt.Errorf("%s: %w", address, silence(ctx, err))
	}
	return nil
}

// steadily is a context that ends when readers made by steady give nothing for so long. Call stop after use.
func steadily(parent context.Context, wait time.Duration) (
	ctx context.Context, steady func(io.Reader) io.Reader, stop func(),
) {
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(wait, func() { cancel(errSilent) })
	steady = func(r io.Reader) io.Reader { return progressing{r, timer, wait} }
	return ctx, steady, func() { timer.Stop(); cancel(nil) }
}

// progressing puts a timer back whenever its reader gives something.
type progressing struct {
	r     io.Reader
	timer *time.Timer
	wait  time.Duration
}

func (p progressing) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if n > 0 {
		p.timer.Reset(p.wait)
	}
	return n, err
}

// silence is an error, or that the server was silent where that was its cause.
func silence(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errSilent) {
		return errSilent
	}
	return err
}

// into has write fill a new file.
func into(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Sync(), f.Close())
}

// copyUpTo copies at most limit bytes. More are an error.
func copyUpTo(w io.Writer, r io.Reader, limit int64) error {
	n, err := io.Copy(w, io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("it is longer than %d bytes", limit)
	}
	return err
}
