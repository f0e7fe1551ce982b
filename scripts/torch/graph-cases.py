"""Values and gradients of the graph builder's operators from PyTorch, for test/models/graph/torch.test.ts.

    python3 scripts/torch/graph-cases.py > test/fixtures/graph.json

Each case: operands, the weights c of the loss sum(c y), the output y and the gradient of each operand.
"""

import json
import sys

import torch
from torch.nn import functional as F

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)


def case(name, f, *shapes, make=torch.randn):
    operands = [make(shape).requires_grad_() for shape in shapes]
    y = f(*operands)
    c = torch.randn(y.shape)
    (y * c).sum().backward()
    numbers = lambda t: {"dims": list(t.shape), "data": [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]}
    return {
        "name": name,
        "operands": [numbers(x) for x in operands],
        "c": numbers(c),
        "y": numbers(y),
        "gradients": [numbers(x.grad) for x in operands],
    }


def attention(x, wq, wk, wv, wo):
    heads = 2
    n, t, d = x.shape
    split = lambda y: y.reshape(n, t, heads, d // heads).transpose(1, 2)
    q, k, v = split(x @ wq), split(x @ wk), split(x @ wv)
    a = torch.softmax(q @ k.transpose(2, 3) / (d // heads) ** 0.5, 3)
    return (a @ v).transpose(1, 2).reshape(n, t, d) @ wo


def one_minus_ccc(p, t):
    dp, dt = p - p.mean(0), t - t.mean(0)
    ccc = 2 * (dp * dt).mean(0) / ((dp**2).mean(0) + (dt**2).mean(0) + (p.mean(0) - t.mean(0)) ** 2)
    return 1 - ccc.mean()


cases = [
    case("conv 2-D", lambda x, w: F.conv2d(x, w, padding=1), (2, 3, 6, 5), (4, 3, 3, 3)),
    case("conv 2-D, stride 2", lambda x, w: F.conv2d(x, w, padding=1, stride=2), (2, 3, 7, 6), (4, 3, 3, 3)),
    case("conv 2-D over many places", lambda x, w: F.conv2d(x, w, padding=1), (2, 2, 9, 9), (2, 2, 3, 3)),
    case("conv 1-D, stride 2", lambda x, w: F.conv1d(x, w, padding=2, stride=2), (2, 3, 9), (4, 3, 5)),
    case("batchNorm", lambda x, s, b: F.batch_norm(x, None, None, s, b, True), (4, 3, 2, 2), (3,), (3,)),
    case("layerNorm", lambda x, s, b: F.layer_norm(x, (5,), s, b), (2, 3, 5), (5,), (5,)),
    case("softmax", lambda x: F.softmax(x, 1), (3, 4)),
    case("logSoftmax", lambda x: F.log_softmax(x, 1), (3, 4)),
    case("matmul of batches", lambda a, b: a @ b, (2, 3, 4), (2, 4, 2)),
    case("attention", attention, (2, 3, 4), (4, 4), (4, 4), (4, 4), (4, 4)),
    case("silu", F.silu, (2, 5)),
    case("softplus", F.softplus, (2, 5)),
    case("oneMinusCcc", one_minus_ccc, (6, 2), (6, 2)),
    case(
        "bce",
        lambda x: F.binary_cross_entropy_with_logits(x, (torch.arange(12).reshape(4, 3) % 2).double(), reduction="none").sum(1).mean(),
        (4, 3),
    ),
    case(
        "softCrossEntropy",
        lambda x: F.cross_entropy(x, torch.tensor([[0.2, 0.3, 0.5], [1.0, 0, 0], [0.1, 0.9, 0], [0.4, 0.4, 0.2]])),
        (4, 3),
    ),
    case(
        "klDivergence",
        lambda x: F.kl_div(
            F.log_softmax(x, 1), torch.tensor([[0.2, 0.3, 0.5], [1.0, 0, 0], [0.1, 0.9, 0], [0.4, 0.4, 0.2]]), reduction="batchmean"
        ),
        (4, 3),
    ),
]

# Five steps of AdamW on a quadratic, with clipping: what the step in the graph must repeat.
theta = torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
bias = torch.tensor([0.3, -0.7], requires_grad=True)
optimiser = torch.optim.AdamW([{"params": [theta], "weight_decay": 0.1}, {"params": [bias], "weight_decay": 0.0}], lr=0.05)
x = torch.tensor([[1.0, 2.0], [-1.0, 0.5], [0.3, -0.2]])
steps = []
for _ in range(5):
    optimiser.zero_grad()
    loss = ((x @ theta + bias) ** 2).mean()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_([theta, bias], 1.0)
    optimiser.step()
    steps.append({"loss": loss.item(), "norm": norm.item(), "theta": theta.flatten().tolist(), "bias": bias.tolist()})

json.dump({"about": f"PyTorch {torch.__version__}, 64 bits; scripts/torch/graph-cases.py", "cases": cases, "adamW": steps}, sys.stdout)
print()
