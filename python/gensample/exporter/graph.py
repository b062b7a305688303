"""What is done to the nodes of a traced module before they are written."""

from .layout import Const


def reachable(nodes, outputs):
    wanted = set(outputs)
    for node in reversed(nodes):
        if node["name"] in wanted:
            wanted.update(node["inputs"])
    return [n for n in nodes if n["name"] in wanted]


def direct(nodes):
    """Let nodes that read elements in row-major order read past a reshape."""
    by_name = {node["name"]: node for node in nodes}
    for node in nodes:
        while node["op"] in ("reshape", "permute") and by_name.get(node["inputs"][0], {}).get("op") == "reshape":
            node["inputs"] = by_name[node["inputs"][0]]["inputs"]
    return nodes


def scaled(layer, weight, scale):
    """The weight of a layer with a factor for each of its outputs."""
    if layer["op"] != "conv_transpose2d":
        return weight * scale.reshape(-1, *(1,) * (weight.dim() - 1))
    groups = layer["attributes"].get("groups", 1)
    parts = weight.reshape(groups, -1, *weight.shape[1:]) * scale.reshape(groups, 1, -1, 1, 1)
    return parts.reshape(weight.shape)


def fold(nodes, outputs):
    """Merge each batch norm into the convolution or linear layer before it, or turn it into a product and a sum."""
    uses = {}
    for name in [i for n in nodes for i in n["inputs"]] + outputs:
        uses[name] = uses.get(name, 0) + 1
    kept, by_name, renamed = [], {}, {}
    for node in nodes:
        node["inputs"] = [renamed.get(i, i) for i in node["inputs"]]
        if node["op"] != "batch_norm":
            kept.append(node)
            by_name[node["name"]] = node
            continue
        source, name = by_name.get(node["inputs"][0]), node["name"]
        scale, shift = (node["tensors"][role].value for role in ("scale", "shift"))
        if source and source["op"] in ("conv2d", "linear", "conv_transpose2d") and uses[source["name"]] == 1:
            t, layer = source["tensors"], source["name"]
            weight = scaled(source, t["weight"].value, scale)
            bias = shift + (t["bias"].value * scale if "bias" in t else 0)
            source["tensors"] = {"weight": Const(weight, f"{layer}.weight"), "bias": Const(bias, f"{layer}.bias")}
            uses[layer], renamed[name] = uses.get(name, 0), layer
            continue
        before = node["inputs"][0]
        for op, role, c in (("mul", "scale", scale), ("add", "shift", shift)):
            constant = dict(name=f"{name}.{role}", op="constant", inputs=[], attributes={})
            constant["tensors"] = {"value": Const(c, f"{name}.{role}")}
            last = dict(name=name if op == "add" else f"{name}.scaled", op=op, inputs=[before, constant["name"]])
            before = last["name"]
            kept += [constant, last | dict(attributes={}, tensors={})]
        by_name[name] = kept[-1]
    return kept, [renamed.get(o, o) for o in outputs]
