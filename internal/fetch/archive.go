package fetch

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/text"
)

// maxMembers bounds the files of an archive.
const maxMembers = 10_000

// walk calls see for each plain file of an archive. executable says that the archive marks it so.
type walk func(f *os.File, see func(name string, executable bool, r io.Reader) error) error

// archiveOf is how to walk through an archive, by the beginning of its file. It is nil for what is none.
func archiveOf(head []byte) walk {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return walkGzip
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return walkZip
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return func(f *os.File, see func(string, bool, io.Reader) error) error { return walkTar(f, see) }
	}
	return nil
}

// stem is the name of a file without the ending of an archive.
func stem(name string) string {
	for _, ending := range []string{".tar.gz", ".tgz", ".tar", ".zip"} {
		name = strings.TrimSuffix(name, ending)
	}
	return name
}

func walkGzip(f *os.File, see func(string, bool, io.Reader) error) error {
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	return walkTar(z, see)
}

// walkTar walks through a tar file. More than maxBytes of it are an error.
func walkTar(r io.Reader, see func(string, bool, io.Reader) error) error {
	limited := &io.LimitedReader{R: r, N: maxBytes}
	t := tar.NewReader(limited)
	for range maxMembers {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && limited.N <= 0:
			return fmt.Errorf("it unpacks to more than %d bytes", maxBytes)
		case err != nil:
			return err
		case h.Typeflag != tar.TypeReg:
			continue
		}
		if err := see(h.Name, h.FileInfo().Mode()&0o111 != 0, t); err != nil {
			return err
		}
	}
	return fmt.Errorf("it has more than %d files", maxMembers)
}

func walkZip(f *os.File, see func(string, bool, io.Reader) error) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return err
	}
	if len(z.File) > maxMembers {
		return fmt.Errorf("it has more than %d files", maxMembers)
	}
	for _, member := range z.File {
		if !member.Mode().IsRegular() {
			continue
		}
		r, err := member.Open()
		if err != nil {
			return err
		}
		if err := errors.Join(see(member.Name, member.Mode()&0o111 != 0, r), r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// unpack writes the one program that an archive has for this platform. Scripts count if the archive marks them as
// executable.
func unpack(l loaded, dir string, open walk) (to, name string, err error) {
	f, err := os.Open(l.path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	to = filepath.Join(dir, "unpacked")
	var here, elsewhere []string
	err = open(f, func(member string, executable bool, r io.Reader) error {
		head, err := readHead(r)
		systems := systemsOf(head)
		switch {
		case err != nil:
			return err
		case len(systems) == 0 || systems[0] == script && !executable:
			return nil
		case !fits(systems):
			elsewhere = append(elsewhere, systems...)
			return nil
		}
		if here = append(here, path.Base(member)); len(here) > 1 {
			return nil
		}
		return into(to, func(w io.Writer) error {
			return copyUpTo(w, io.MultiReader(bytes.NewReader(head), r), maxBytes)
		})
	})
	switch {
	case err != nil:
		return "", "", err
	case len(here) > 1:
		return "", "", fmt.Errorf("it has several programs: %s", text.Clean(strings.Join(here, ", ")))
	case len(here) == 1:
		name, err = plain(here[0])
		return to, name, err
	case len(elsewhere) == 0:
		return "", "", errors.New("it has no program")
	}
	slices.Sort(elsewhere)
	return "", "", none(slices.Compact(elsewhere))
}
