// Command generate turns wire.proto into Go, with a compiler and plugins pinned by this folder's go.mod.
//
// It is run by go generate in the folder above, and needs Go alone.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// The file's name in the generated code is a path, because protobuf wants it unique in a program.
const (
	source     = "wire.proto"
	registered = "nse/wire/v1/wire.proto"
)

func main() {
	log.SetFlags(0)
	request, err := compile("..")
	for _, generator := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
		if err == nil {
			err = generate(generator, request, "..")
		}
	}
	if err != nil {
		log.Fatal(err)
	}
}

// compile parses the source in dir into the request that generators read.
func compile(dir string) ([]byte, error) {
	compiler := protocompile.Compiler{
		Resolver:       &protocompile.SourceResolver{ImportPaths: []string{dir}},
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(context.Background(), source)
	if err != nil {
		return nil, err
	}
	file := protoutil.ProtoFromFileDescriptor(files[0])
	file.Name = proto.String(registered)
	return proto.Marshal(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{registered},
		Parameter:      proto.String("paths=source_relative"),
		ProtoFile:      []*descriptorpb.FileDescriptorProto{file},
	})
}

// generate runs one generator and writes its files to dir.
func generate(name string, request []byte, dir string) error {
	cmd := exec.Command("go", "tool", name)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(request), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var reply pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &reply); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if reply.Error != nil {
		return fmt.Errorf("%s: %s", name, reply.GetError())
	}
	for _, f := range reply.File {
		path := filepath.Join(dir, filepath.Base(f.GetName()))
		if err := os.WriteFile(path, []byte(f.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
