#!/usr/bin/python3
"""A plugin for nse in Python: the ghost module of GhostNet, whose second half of channels is made cheaply from the first.

It needs Debian's packages python3-grpcio and python3-protobuf. docs/plugins.md describes the protocol.
"""

import os
import sys
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, message_factory

# The messages that this plugin needs, as in `nse plugin proto`: name:type=number, and + where there may be several.
MESSAGES = """
DescribeRequest
DescribeReply protocol_version:uint32=1 families:Family+=3 plugin_version:string=4
Family name:string=1 doc:string=2 attributes:Attribute+=3
Attribute name:string=1 short:string=2 doc:string=3 default_value:Value=4 required:bool=5
Value whole:int64=1 number:double=3 switch:bool=4
BuildRequest family:string=1 attributes:Entry+=2 layer:Layer=3
Entry key:string=1 value:Value=2
BuildReply graph:Graph=1 error:string=2
Layer in:uint32=2 out:uint32=3 stride:uint32=4 activation:int32=7 squeeze_excite:bool=8
Graph nodes:Node+=1 output:sint32=2
Node inputs:sint32+=2 conv2d:Conv2D=3 batchnorm:BatchNorm=5 activate:Activate=6 squeeze_excite:SqueezeExcite=7 concat:Plain=13 typed:Typed=19
Conv2D out:uint32=1 kernel:Pair=2 stride:Pair=3 pad:Pair=4 dilation:Pair=5 groups:uint32=6
Pair vertical:uint32=1 horizontal:uint32=2
BatchNorm eps:float=1 momentum:float=2
Activate activation:int32=1
SqueezeExcite reduction:uint32=1 activation:int32=2
Plain
Typed kind:string=1 attributes:Entry+=2
"""


def classes(table):
    """The classes of messages by name. Fields have the presence of proto2, so that a 0 which is set is sent."""
    file = descriptor_pb2.FileDescriptorProto(name="wire.proto", package="nse.wire.v1")
    for name, *fields in map(str.split, table.strip().splitlines()):
        message = file.message_type.add(name=name)
        for field in fields:
            name, kind, number = field.replace("=", ":").split(":")
            added = message.field.add(name=name, number=int(number), label="LABEL_REPEATED" if "+" in kind else "LABEL_OPTIONAL")
            kind = kind.rstrip("+")
            if kind.islower():
                added.type = descriptor_pb2.FieldDescriptorProto.Type.Value("TYPE_" + kind.upper())
            else:
                added.type_name = ".nse.wire.v1." + kind
    return {name.split(".")[-1]: c for name, c in message_factory.GetMessages([file]).items()}


M = classes(MESSAGES)


class Graph:
    """A graph under construction. Each method appends a node that reads node x and returns its index; -1 is the input."""

    def __init__(self):
        self.message = M["Graph"]()

    def add(self, *inputs, **primitive):
        self.message.nodes.append(M["Node"](inputs=inputs, **primitive))
        return len(self.message.nodes) - 1

    def conv(self, x, out, kernel=1, stride=1, groups=1):
        kernel, stride, pad, dilation = (M["Pair"](vertical=n, horizontal=n) for n in (kernel, stride, kernel // 2, 1))
        return self.add(x, conv2d=M["Conv2D"](out=out, kernel=kernel, stride=stride, pad=pad, dilation=dilation, groups=groups))

    def batchnorm(self, x):
        return self.add(x, batchnorm=M["BatchNorm"](eps=1e-5, momentum=0.1))

    def layernorm(self, x):
        attributes = {"eps": M["Value"](number=1e-6), "rms": M["Value"](switch=False)}
        entries = [M["Entry"](key=name, value=value) for name, value in attributes.items()]
        return self.add(x, typed=M["Typed"](kind="layer_norm", attributes=entries))

    def activate(self, x, activation):
        return self.add(x, activate=M["Activate"](activation=activation))


def ghost(layer, kernel, layernorm):
    """1×1 to half of the output's channels, and a depthwise kernel on these for the other half; before it, if there is a
    stride, a depthwise kernel with the stride."""
    if kernel % 2 == 0 or not 1 <= kernel <= 99:
        raise ValueError(f"kernel {kernel} is not an odd number in 1..99")
    if layer.out % 2 == 1:
        raise ValueError(f"{layer.out} channels have no half")
    g, x, width, half = Graph(), -1, getattr(layer, "in"), layer.out // 2
    norm = g.layernorm if layernorm else g.batchnorm
    if layer.stride > 1:
        x = norm(g.conv(x, width, kernel, layer.stride, groups=width))
    x = g.activate(norm(g.conv(x, half)), layer.activation)
    cheap = g.activate(norm(g.conv(x, half, kernel, groups=half)), layer.activation)
    y = g.add(x, cheap, concat=M["Plain"]())
    if layer.squeeze_excite:
        y = g.add(y, squeeze_excite=M["SqueezeExcite"](reduction=4, activation=layer.activation))
    g.message.output = y
    return g.message


def describe(request, context):
    kernel = M["Attribute"](name="kernel", short="k", doc="side of the depthwise kernels, odd", default_value=M["Value"](whole=3))
    norm = M["Attribute"](name="layernorm", short="ln", doc="whether normalisation is over the channels of each pixel", default_value=M["Value"](switch=False))
    family = M["Family"](name="ghost", doc="Ghost module: half of the channels by 1×1, the others from them by a depthwise kernel.", attributes=[kernel, norm])
    return M["DescribeReply"](protocol_version=1, plugin_version="1.0", families=[family])


def build(request, context):
    attributes = {e.key: e.value for e in request.attributes}
    try:
        return M["BuildReply"](graph=ghost(request.layer, attributes["kernel"].whole, attributes["layernorm"].switch))
    except Exception as e:
        return M["BuildReply"](error=str(e))


def main():
    if os.environ.get("NSE_PLUGIN") != "6e7365-operations":
        sys.exit("ghost.py: this is a plugin for nse, which starts it by itself: name it in ops.toml")
    calls = {"Describe": (describe, "DescribeRequest"), "Build": (build, "BuildRequest")}
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("nse.wire.v1.Operations", {
        name: grpc.unary_unary_rpc_method_handler(call, M[request].FromString, lambda reply: reply.SerializeToString())
        for name, (call, request) in calls.items()
    })])
    socket = os.path.join(os.environ["PLUGIN_UNIX_SOCKET_DIR"], "socket")
    server.add_insecure_port("unix:" + socket)
    server.start()
    print(f"1|1|unix|{socket}|grpc|", flush=True)
    sys.stdin.read()  # ends when nse does
    os._exit(0)


main()
