"""Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) for CPUs.

Works in single precision and processes matrices of the same shape as one batch. torch.optim.Muon works in bfloat16, one
matrix at a time, which takes half of the step's time on a CPU without bfloat16 units.
"""

import math

import torch

QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonalized(updates):
    """Moves the singular values of [count, rows, columns] matrices, rows <= columns, toward one."""
    a, b, c = QUINTIC
    x = updates / updates.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    def nesterov(self, param, momentum):
        state = self.state[param]
        buffer = state.setdefault("momentum", torch.zeros_like(param))
        buffer.lerp_(param.grad, 1 - momentum)
        update = param.grad.lerp(buffer, momentum)
        return update if param.shape[0] <= param.shape[1] else update.mT

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = {}
            for param in group["params"]:
                update = self.nesterov(param, group["momentum"])
                by_shape.setdefault(update.shape, []).append((param, update))
            for pairs in by_shape.values():
                steps = orthogonalized(torch.stack([update for _, update in pairs]))
                for (param, _), step in zip(pairs, steps):
                    self.move(group, param, step)

    def move(self, group, param, step):
        rows, columns = param.shape
        param.mul_(1 - group["lr"] * group["weight_decay"])
        param.add_(step if rows <= columns else step.mT, alpha=-group["lr"] * math.sqrt(max(1, rows / columns)))
