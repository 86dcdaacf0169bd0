package listing

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// CSV lists the images that a table names: a row for each, with its path, its label and, if there is a third column,
// its part: train, val, test or nothing. A header names the columns in any order; without one they are in this order.
// Fields are separated by commas, semicolons or tabs. Paths are relative to the folder of the table. A broken row is an
// error that names file, line and column. A cancelled context is its error.
func CSV(ctx context.Context, file string, o Options) (Listing, error) {
	t, f, err := openTable(ctx, file, o)
	if err != nil {
		return Listing{}, err
	}
	defer f.Close()
	// UTF-8 may have a mark before it, and UTF-16 has one.
	text := bufio.NewReaderSize(transform.NewReader(f, unicode.BOMOverride(transform.Nop)), 1<<16)
	comma, err := separator(text)
	if err != nil {
		return Listing{}, fmt.Errorf("%s: %w", file, err)
	}
	rows := &limited{r: text}
	r := csv.NewReader(rows)
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace, r.ReuseRecord = comma, -1, comma != '\t', true
	if err := t.readCSV(r, rows); err != nil {
		return Listing{}, err
	}
	return t.finish()
}

// separator finds what separates the fields: what is most frequent in the first line that is not empty.
func separator(text *bufio.Reader) (rune, error) {
	head, err := text.Peek(text.Size())
	switch {
	case len(head) == 0 && err == io.EOF:
		return 0, errors.New("an empty file: want path,label or path,label,split")
	case len(head) == 0:
		return 0, err
	}
	line, _, _ := strings.Cut(strings.TrimLeft(string(head), "\r\n"), "\n")
	best, most := rune(0), 0
	for _, c := range ",;\t" {
		if n := strings.Count(line, string(c)); n > most {
			best, most = c, n
		}
	}
	if most == 0 {
		return 0, errors.New("no commas, semicolons or tabs in the first line: want path,label or path,label,split")
	}
	return best, nil
}

// limited ends a row that is too long.
type limited struct {
	r io.Reader
	n int // bytes that may be read yet
}

var errLong = fmt.Errorf("a row of more than %d bytes: is a quote not closed?", maxRow)

func (l *limited) Read(b []byte) (int, error) {
	if l.n <= 0 {
		return 0, errLong
	}
	n, err := l.r.Read(b[:min(len(b), l.n)])
	l.n -= n
	return n, err
}

// readCSV adds the rows.
func (t *table) readCSV(r *csv.Reader, rows *limited) error {
	var c columns
	width, last := 0, 0
	for {
		rows.n = maxRow
		record, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return t.broken(last, err)
		}
		last, _ = r.FieldPos(0)
		if width == 0 {
			var header bool
			width = len(record)
			if c, header, err = t.header(last, record); err != nil {
				return err
			}
			if header {
				continue
			}
		}
		if blank := strings.TrimSpace(strings.Join(record, "")) == ""; blank {
			continue // as spreadsheets leave them
		}
		if err := t.addCSV(r, record, c, width); err != nil {
			return err
		}
	}
}

// broken says where a row is broken.
func (t *table) broken(last int, err error) error {
	at, is := errors.AsType[*csv.ParseError](err)
	switch {
	case !is:
		return fmt.Errorf("%s: after line %d: %w", t.File, last, err)
	case at.Line != at.StartLine:
		return fmt.Errorf("%s:%d:%d: %w, in the row that begins in line %d", t.File, at.Line, at.Column, at.Err,
			at.StartLine)
	}
	return fmt.Errorf("%s:%d:%d: %w", t.File, at.Line, at.Column, at.Err)
}

// header finds the columns in the first row, which may be their names.
func (t *table) header(line int, record []string) (c columns, is bool, err error) {
	c = columnsOf(record)
	if c.path < 0 {
		switch len(record) {
		case 2:
			c = columns{0, 1, -1}
		case 3:
			c = columns{0, 1, 2}
		default:
			return c, false, fmt.Errorf("%s:%d: %d columns and none called path: want path,label or path,label,split",
				t.File, line, len(record))
		}
		t.Note("%s does not name its columns: they are path, label, split", t.File)
		return c, false, nil
	}
	if c.label < 0 {
		var others []int
		for i := range record {
			if i != c.path && i != c.split {
				others = append(others, i)
			}
		}
		if len(others) != 1 {
			return c, true, fmt.Errorf("%s:%d: no column is called label: have %s", t.File, line,
				brief(fmt.Sprintf("%q", record)))
		}
		c.label = others[0]
		t.Note("labels are in the column %q of %s", brief(record[c.label]), t.File)
	}
	return c, true, nil
}

// addCSV adds the image of a row with so many columns as the first one had. The last ones may be missing.
func (t *table) addCSV(r *csv.Reader, record []string, c columns, width int) error {
	line, _ := r.FieldPos(0)
	for i, field := range record {
		if i >= width && strings.TrimSpace(field) != "" {
			at, column := r.FieldPos(i)
			return fmt.Errorf("%s:%d:%d: a column more than the %d of the first row: want quotes around the separator",
				t.File, at, column, width)
		}
	}
	if len(record) <= max(c.path, c.label) {
		return fmt.Errorf("%s:%d: %d columns: want %d", t.File, line, len(record), width)
	}
	_, pathAt := r.FieldPos(c.path)
	_, labelAt := r.FieldPos(c.label)
	to := row{line: line, path: record[c.path], label: record[c.label], pathAt: pathAt, labelAt: labelAt}
	if c.split >= 0 && c.split < len(record) {
		to.split = record[c.split]
		_, to.splitAt = r.FieldPos(c.split)
	}
	return t.add(to)
}
