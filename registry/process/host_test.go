package process

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
)

// printer is a plugin's process that only prints.
type printer struct {
	*process
	once   sync.Once
	theirs []*os.File
}

func newPrinter(text []byte) (*printer, error) {
	p := &printer{process: newProcess([]string{"printer"})}
	theirs, err := p.pipes()
	if err != nil {
		return nil, err
	}
	p.theirs = theirs
	go func() { _, _ = theirs[1].Write(text) }()
	return p, nil
}

func (p *printer) Start(context.Context) error { return nil }

func (p *printer) Wait(context.Context) error {
	<-p.exited
	return nil
}

func (p *printer) Kill(context.Context) error {
	p.once.Do(func() {
		for _, f := range p.theirs {
			_ = f.Close()
		}
		close(p.exited)
	})
	return nil
}

// The host goes on after any text where the handshake belongs, and has a reason of one line for not taking it. The test
// tries the seeds; make fuzz searches further, as for the other targets.
func FuzzHandshake(f *testing.F) {
	f.Add("1|1|unix|/tmp/socket|grpc|\n")
	f.Add("1|1|unix|/tmp/socket|grpc\n")
	f.Add("1|1|tcp|127.0.0.1:1|grpc||true\n")
	f.Add("1|1|tcp|nowhere.example:1|grpc|\n")
	f.Add("1|2|unix||netrpc|x\n")
	f.Add(" 01|+1|unix|\x00|grpc\n1|1|unix|a|grpc\n")
	f.Add("1|1|unix|/tmp/socket|grpc|" + certificate + "\n")
	f.Add(strings.Repeat("|", 5000) + "\n")
	f.Add("hello\x1b[31m\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		text, _, _ = strings.Cut(text, "\n")
		p, err := newPrinter([]byte(text + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		defer p.release()
		defer func() { _ = p.Kill(context.Background()) }()
		config := clientConfig(time.Minute, "",
			hclog.NewInterceptLogger(&hclog.LoggerOptions{Output: io.Discard}), new(flood),
			func(_ []string, sockets string) (runner.Runner, error) {
				p.sockets = "/tmp"
				return p, os.Remove(sockets)
			})
		start := time.Now()
		addr, err := plugin.NewClient(config).Start()
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q: took %v", text, took)
		}
		line, _, _ := strings.Cut(p.stdout.first(), "\n")
		reason := misfit(line, err)
		switch {
		case err == nil && (addr.Network() != "unix" || reason != ""):
			t.Errorf("%q is taken for %v: %s", text, addr, reason)
		case err != nil && (reason == "" || strings.ContainsAny(reason, "\n\r\x1b") || !utf8.ValidString(reason) ||
			len(reason) > 4096):
			t.Errorf("%q: %v: %q", text, err, reason)
		}
	})
}

// certificate is one as go-plugin would take it from the end of a handshake.
const certificate = "MIHxMIGXoAMCAQICAQEwCgYIKoZIzj0EAwIwADAiGA8wMDAxMDEwMTAwMDAwMFoYDzIwOTYxMDAyMDcwNjQwWjAAMFkwEwYH" +
	"KoZIzj0CAQYIKoZIzj0DAQcDQgAEI6nxrAJ28ld3Ub3wvD2ZSiawy37waeehfgIDR4FVZQPNPXeTDd7eSTlQqa9B7qGLPd3rkIZpmYUC" +
	"+8L02hrDuTAKBggqhkjOPQQDAgNJADBGAiEA1oZ6iTTUTCtoMd6Wgpa8n9XdWsmQM37f+kchyFUMdLACIQCVN2vDhKUoGHpF5wHn6gv0" +
	"ru3wZafX0rkzP65pSP5Cmw"
