"""What the painter minimises. Pixel losses are fused into the rasteriser; this room defines them and their weights.

With d = canvas − target: L1 = |d|; L2 = d²; smooth L1 = d²/(2β) for |d| < β, else |d| − β/2, with β = 0.02. Any torch
loss can drive strokes too, through `engine.raster.autograd`.
"""

import numpy as np

BETA = 0.02


def pixel_weights(importance: np.ndarray) -> np.ndarray:
    """Weights (H, W) float32 that make Σ weight · loss over pixels and 3 channels a weighted mean.

    importance: (H, W), ≥ 0, where it matters; nothing matters equally little: all zeros give zeros.
    """
    total = 3 * importance.sum(dtype=np.float64)
    return (importance / total if total > 0 else np.zeros_like(importance)).astype(np.float32)


def pixel_loss(canvas: np.ndarray, target: np.ndarray, weight: np.ndarray, loss: str) -> tuple[float, np.ndarray]:
    """Σ weight · loss(canvas − target), and its gradient, in plain NumPy: the definition the kernels are tested by.

    canvas, target: (3, H, W); weight: (H, W); loss: "l1", "smooth_l1" or "l2". Raises ValueError for another loss.
    """
    d = canvas.astype(np.float64) - target
    if loss == "l1":
        value, slope = np.abs(d), np.sign(d)
    elif loss == "smooth_l1":
        inside = np.abs(d) < BETA
        value = np.where(inside, d * d / (2 * BETA), np.abs(d) - BETA / 2)
        slope = np.clip(d / BETA, -1, 1)
    elif loss == "l2":
        value, slope = d * d, 2 * d
    else:
        raise ValueError(f"there is no pixel loss {loss}; there are l1, smooth_l1 and l2")
    return float((weight * value).sum()), weight * slope
