import json
import struct
from collections import OrderedDict

import torch
from torch import nn


def conv(inputs, outputs, kernel=1, bias=False, **options):
    return nn.Conv2d(inputs, outputs, kernel, bias=bias, **options)


class Normalise(nn.Module):
    """Pixels of 0..1 with the mean and standard deviation of the training images."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(std)[:, None, None], persistent=False)

    def forward(self, x):
        return (x - self.mean) / self.std


class Mean(nn.ModuleDict):
    """The mean of the branches, and of the input where the layer has an identity."""

    def __init__(self, branches, identity):
        super().__init__(branches)
        self.identity = identity

    def forward(self, x):
        outputs = [branch(x) for branch in self.values()]
        if self.identity:
            outputs.append(x)
        return sum(outputs) / len(outputs)


class Sum(nn.ModuleDict):
    """The sum of the branches."""

    def forward(self, x):
        return sum(branch(x) for branch in self.values())


class Residual(nn.ModuleDict):
    """The input, and the mean of the branches."""

    def forward(self, x):
        return x + sum(branch(x) for branch in self.values()) / len(self)


class Graph(nn.Module):
    """Nodes in order: name, module, and the names of the nodes that it reads. INPUT is the input, the last node the output."""

    def __init__(self, *nodes):
        super().__init__()
        self.nodes = nodes
        for name, module, *_ in sorted(nodes, key=lambda node: node[0].count(".")):
            *path, last = name.split(".")
            parent = self
            for part in path:
                parent = parent._modules.setdefault(part, nn.Module())
            parent._modules[last] = module  # add_module refuses names such as "forward"

    def forward(self, x):
        values = {INPUT: x}
        for name, module, *reads in self.nodes:
            values[name] = module(*[values[read] for read in reads])
        return values[name]


INPUT = ""


class SqueezeExcite(nn.Module):
    """Channels scaled by a gate that is computed from their means."""

    def __init__(self, channels, hidden, activation):
        super().__init__()
        self.fc1 = conv(channels, hidden, bias=True)
        self.activation = activation
        self.fc2 = conv(hidden, channels, bias=True)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(self.activation(self.fc1(x.mean((2, 3), keepdim=True)))))


class Linear(nn.Linear):
    """A linear map of 1×1 activations."""

    def forward(self, x):
        return super().forward(x.flatten(1))[:, :, None, None]


class Add(nn.Module):
    def forward(self, *inputs):
        return sum(inputs)


class Multiply(nn.Module):
    def forward(self, x, gate):
        return x * gate


class Concat(nn.Module):
    def forward(self, *inputs):
        return torch.cat(inputs, 1)


class Slice(nn.Module):
    """The channels from one number up to, but not including, another."""

    def __init__(self, start, end):
        super().__init__()
        self.start, self.end = start, end

    def forward(self, x):
        return x[:, self.start:self.end]


class Shuffle(nn.Module):
    """Channels read as so many rows and written by columns."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        return x.unflatten(1, (self.groups, -1)).transpose(1, 2).flatten(1, 2)


class DropPath(nn.Module):
    """Zeroes whole images at random while training, and scales the others."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training:
            return x
        keep = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.rate
        return x * keep / (1 - self.rate)


def read_safetensors(path):
    """The tensors of a file, by name."""
    with open(path, "rb") as f:
        size, = struct.unpack("<Q", f.read(8))
        header, data = json.loads(f.read(size)), bytearray(f.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, t in header.items():
        begin, end = t["data_offsets"]
        assert t["dtype"] == "F32", name
        tensors[name] = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin).reshape(t["shape"])
    return tensors


def load(path):
    """The network with the weights of a safetensors file, in inference."""
    net = Net()
    net.load_state_dict(read_safetensors(path))
    return net.eval()
