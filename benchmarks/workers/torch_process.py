"""One whole process with PyTorch: an MLP on the digits of a file, and its accuracy on the held-out rows."""

import argparse

import numpy as np
import torch
from torch import nn
from torch.nn import functional

parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--fused", action="store_true")
asked = parser.parse_args()
torch.set_num_threads(asked.threads)
torch.manual_seed(0)
with np.load(asked.data) as file:
    x, y, held_x, held_y = (torch.from_numpy(file[name]) for name in ("x", "y", "held_x", "held_y"))
y = y.long()
network = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
adam = torch.optim.Adam(network.parameters(), 1e-3, fused=asked.fused or None)
for _ in range(50):
    order = torch.randperm(len(x))
    for low in range(0, len(x), 32):
        some = order[low : low + 32]
        adam.zero_grad(set_to_none=True)
        functional.cross_entropy(network(x[some]), y[some]).backward()
        adam.step()
with torch.inference_mode():
    print(f"accuracy {(network(held_x).argmax(1) == held_y).float().mean():.3f}")
