"""Checks the ONNX files in a folder and runs its PyTorch modules. Prints what TestRuntimes compares, as JSON.

The folder has models.json, which maps the name of each model to the shape of its images, [channels, height, width].
"""
import importlib.util
import json
import sys
from pathlib import Path

import numpy
import onnx
import torch


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load(path.with_suffix(".safetensors"))


def count(net, image):
    """MACs of convolutions and linear maps for one image."""
    macs = []

    def convolution(m, _, y):
        macs.append(y.numel() * m.weight[0].numel())

    def linear(m, _, y):
        macs.append(m.weight.numel())

    hooks = [m.register_forward_hook(convolution if isinstance(m, torch.nn.Conv2d) else linear)
             for m in net.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    net(image)
    for hook in hooks:
        hook.remove()
    return sum(macs)


torch.set_num_threads(2)
folder = Path(sys.argv[1])
for path in sorted(folder.glob("*.onnx")):
    onnx.checker.check_model(onnx.load(str(path)), full_check=True)
results = {}
with torch.no_grad():
    for name, shape in json.loads((folder / "models.json").read_text()).items():
        net = load(folder / (name + ".py"))
        logits = {}
        for path in sorted(folder.glob(name + ".images-*")):
            images = torch.from_numpy(numpy.fromfile(path, "<f4").reshape(-1, *shape))
            logits[len(images)] = net(images).flatten().tolist()
        results[name] = {"logits": logits, "params": sum(p.numel() for p in net.parameters()), "macs": count(net, images[:1])}
json.dump(results, sys.stdout)
