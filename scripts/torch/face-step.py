"""One training step of the face network in PyTorch, timed: what scripts/bench-training.ts is held against.

    python3 scripts/torch/face-step.py models/configs/face.json --threads 2

Prints the median and the fastest of the steps, in milliseconds. Same layers, batch, crop and optimiser as the
configuration; made-up pictures. Needs Debian's python3-torch.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.shortcut = None
        if stride != 1 or inputs != width:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class Face(nn.Module):
    def __init__(self, network, labels):
        super().__init__()
        layers = [nn.Conv2d(1, network["stem"], 3, 1, 1, bias=False), nn.BatchNorm2d(network["stem"]), nn.ReLU()]
        inputs = network["stem"]
        for width, blocks in zip(network["channels"], network["blocks"]):
            for block in range(blocks):
                layers.append(Residual(inputs, width, 2 if block == 0 else 1))
                inputs = width
        self.layers = nn.Sequential(*layers)
        self.dropout = nn.Dropout(network["dropout"])
        self.share = nn.Linear(inputs, labels)
        self.presence = nn.Linear(inputs, labels)

    def forward(self, x):
        x = (x - x.mean((1, 2, 3), keepdim=True)) / (x.var((1, 2, 3), unbiased=False, keepdim=True) + 1e-3).sqrt()
        x = self.dropout(self.layers(x).mean((2, 3)))
        return self.share(x), self.presence(x)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with open(options.config) as file:
        config = json.load(file)
    labels, batch, side = len(config["labels"]), config["schedule"]["batch"], config["crop"]
    model = Face(config["network"], labels)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config["schedule"]["rate"], weight_decay=config["schedule"]["weightDecay"]
    )
    x = torch.rand(batch, 1, side, side)
    shares = torch.softmax(torch.randn(batch, labels), 1)
    present = (shares > 1 / labels).float()
    times = []
    for _ in range(options.steps + 3):
        start = time.perf_counter()
        optimiser.zero_grad()
        share, presence = model(x)
        loss = -(F.log_softmax(share, 1) * shares).sum(1).mean()
        loss = loss + 0.3 * F.binary_cross_entropy_with_logits(presence, present, reduction="none").sum(1).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        times.append(1000 * (time.perf_counter() - start))
    times = sorted(times[3:])
    print(json.dumps({"framework": f"PyTorch {torch.__version__}", "threads": torch.get_num_threads(),
                      "parameters": sum(p.numel() for p in model.parameters()),
                      "medianMs": round(times[len(times) // 2], 1), "fastestMs": round(times[0], 1)}))


if __name__ == "__main__":
    main()
