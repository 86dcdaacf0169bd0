package export

var channelPool = mapping{onnxChannelPool, module("ChannelPool()"), `
class ChannelPool(nn.Module):
    """The mean and the maximum over the channels."""

    def forward(self, x):
        return torch.cat((x.mean(1, keepdim=True), x.amax(1, keepdim=True)), 1)
`}

func onnxChannelPool(o *onnx, n node, x []string) string {
	mean := o.add(n, "mean", "ReduceMean", x, attribute{"axes", []int{1}}, attribute{"keepdims", 1})
	most := o.add(n, "max", "ReduceMax", x, attribute{"axes", []int{1}}, attribute{"keepdims", 1})
	return o.add(n, "", "Concat", []string{mean, most}, attribute{"axis", 1})
}
