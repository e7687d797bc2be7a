"""From superpixels to a few regions: Ward's merging on the graph, and how many are enough."""

import heapq
from dataclasses import dataclass

import numpy as np

from impasto.engine.segment.superpixels import Graph

FEWEST_REGIONS, MOST_FOUND = 3, 12
_WORTHWHILE = 0.03  # share of the variance that a region must explain to be one of its own
_SMALLEST = 0.012  # share of the picture
_SAME_STUFF = 0.35  # squared distance of looks, in shares of the variance
_NO_EDGE, _NO_DIFFERENCE = 1.6, 1.0  # gradient in CIELAB per pixel, and squared distance as above
_SURELY_NO_EDGE = 0.6  # whatever the distance
_WITHOUT_EDGE = 0.25  # what a merge costs across a border without any edge, compared with the whole cost


@dataclass(frozen=True)
class Merges:
    """The order in which Ward's method joins superpixels, and what each step costs."""

    pairs: list[tuple[int, int]]
    """Which cluster takes in which."""
    costs: list[float]
    count: int
    """Superpixels there were to begin with."""

    def cut(self, regions: int) -> np.ndarray:
        """Labels (N,) in 0..regions-1 of the superpixels once `regions` clusters are left, or as few as got joined."""
        parent = np.arange(self.count)
        for keeper, joined in self.pairs[: max(0, self.count - regions)]:
            parent[joined] = keeper
        while (parent[parent] != parent).any():
            parent = parent[parent]
        return np.unique(parent, return_inverse=True)[1]

    def worthwhile(self, least: float, most: int) -> int:
        """The largest number of regions up to `most` whose next merge would cost more than `least`, or one."""
        for regions in range(min(most, self.count), 1, -1):
            step = self.count - regions
            if step >= len(self.costs) or self.costs[step] > least:
                return regions
        return 1


def ward(values: np.ndarray, graph: Graph) -> Merges:
    """Join the neighbours whose union adds least to the variance within, weighted by the edge between them.

    values: (N, D). The cost of joining a and b is |a||b| / (|a| + |b|) · ‖mean a − mean b‖² in shares of the
    picture, times ¼ to about 1 by the mean strength of the edge along their border. Ties are broken by number,
    so the same input gives the same merges.
    """
    mean, area = values.copy(), graph.area / graph.area.sum()
    count = len(area)
    near: list[dict[int, tuple[float, float]]] = [{} for _ in range(count)]  # length, strength · length
    for (a, b), length, strength in zip(
        graph.pairs.tolist(), graph.length.tolist(), graph.strength.tolist(), strict=True
    ):
        near[a][b] = near[b][a] = length, strength * length
    version = [0] * count  # of a cluster; -1 once it is part of another

    def offer(a: int, b: int) -> tuple[float, int, int, int, int]:
        length, strength = near[a][b]
        cost = area[a] * area[b] / (area[a] + area[b]) * float(((mean[a] - mean[b]) ** 2).sum())
        return cost * (_WITHOUT_EDGE + strength / length), a, b, version[a], version[b]

    heap = [offer(a, b) for a, b in graph.pairs.tolist()]
    heapq.heapify(heap)
    pairs, costs = [], []
    while heap:
        cost, a, b, of_a, of_b = heapq.heappop(heap)
        if (version[a], version[b]) != (of_a, of_b):
            continue
        pairs.append((a, b))
        costs.append(cost)
        mean[a] = (area[a] * mean[a] + area[b] * mean[b]) / (area[a] + area[b])
        area[a] += area[b]
        version[a], version[b] = version[a] + 1, -1
        del near[a][b]
        for other, (length, strength) in near[b].items():
            if other != a:
                del near[other][b]
                more = near[a].get(other, (0.0, 0.0))
                near[a][other] = near[other][a] = length + more[0], strength + more[1]
        for other in near[a]:
            heapq.heappush(heap, offer(min(a, other), max(a, other)))
    return Merges(pairs, costs, count)


def regions_of(looks: np.ndarray, place: np.ndarray, graph: Graph) -> np.ndarray:
    """Labels (N,) in 0..K-1, K in 1..12, of the superpixels: which region each belongs to.

    looks: (N, D), place: (N, 2) from `engine.segment.features`. Few regions are found where there is little to
    tell apart: one in a picture of one colour.
    """
    values = np.concatenate([looks, place], 1)
    spread = _spread(looks, graph.area)
    if spread == 0:
        return np.zeros(len(values), np.int64)
    merges = ward(values, graph)
    whole = _spread(values, graph.area)
    labels = merges.cut(max(FEWEST_REGIONS, merges.worthwhile(_WORTHWHILE * whole, MOST_FOUND)))
    labels = _without_small(labels, values, graph)
    labels = _invisible_borders_opened(labels, looks, graph, _NO_DIFFERENCE * whole)
    return _same_stuff_joined(labels, looks, graph.area, _SAME_STUFF * whole)


def _spread(values: np.ndarray, area: np.ndarray) -> float:
    weight = area / area.sum()
    return float((weight[:, None] * (values - weight @ values) ** 2).sum())


def _means(labels: np.ndarray, values: np.ndarray, area: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means (K, D) of values (N, D) by label (N,), and the areas (K,)."""
    total = np.bincount(labels, area)
    sums = [np.bincount(labels, area * values[:, c]) for c in range(values.shape[1])]
    return np.stack(sums, 1) / total[:, None], total


def _without_small(labels: np.ndarray, values: np.ndarray, graph: Graph) -> np.ndarray:
    """Give regions too small to paint by themselves to the neighbours they are most alike."""
    while True:
        labels = np.unique(labels, return_inverse=True)[1]
        mean, area = _means(labels, values, graph.area)
        smallest = int(area.argmin())
        if area[smallest] >= _SMALLEST * area.sum() or len(area) <= 2:
            return labels
        touching = labels[graph.pairs]
        touching = touching[(touching == smallest).any(1) & (touching[:, 0] != touching[:, 1])]
        others = np.setdiff1d(touching, smallest)
        labels[labels == smallest] = others[((mean[others] - mean[smallest]) ** 2).sum(1).argmin()]


def _invisible_borders_opened(labels: np.ndarray, looks: np.ndarray, graph: Graph, alike: float) -> np.ndarray:
    """Join neighbours between which there is no edge to be seen: parts of one sky that grows lighter downwards."""
    while True:
        labels = np.unique(labels, return_inverse=True)[1]
        mean, _ = _means(labels, looks, graph.area)
        a, b = np.sort(labels[graph.pairs], 1).T
        keys, which = np.unique(a * len(mean) + b, return_inverse=True)
        # Not the mean: the sky below a tower's corner is no other sky because the border passes that corner.
        gradient = _weighted_medians(which, graph.gradient, graph.length)
        a, b = keys // len(mean), keys % len(mean)
        distance = ((mean[a] - mean[b]) ** 2).sum(1)
        gradient[(a == b) | ((distance > alike) & (gradient > _SURELY_NO_EDGE))] = np.inf
        faintest = int(gradient.argmin()) if len(gradient) else 0
        if not len(gradient) or gradient[faintest] > _NO_EDGE:
            return labels
        labels[labels == b[faintest]] = a[faintest]


def _weighted_medians(groups: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Medians (K,) of values (E,) by group (E,) in 0..K-1, each of them used; a value counts by its weight."""
    order = np.lexsort((values, groups))
    groups, values, weights = groups[order], values[order], weights[order]
    total = np.bincount(groups, weights)
    upto = np.cumsum(weights) - (np.cumsum(total) - total)[groups]
    first = np.flatnonzero(upto >= total[groups] / 2)
    return values[first[np.unique(groups[first], return_index=True)[1]]]


def _same_stuff_joined(labels: np.ndarray, looks: np.ndarray, area: np.ndarray, alike: float) -> np.ndarray:
    """Join regions of the same looks wherever they are: the sky left and right of a tower is one."""
    while True:
        labels = np.unique(labels, return_inverse=True)[1]
        mean, _ = _means(labels, looks, area)
        if len(mean) <= FEWEST_REGIONS:
            return labels
        distance = ((mean[:, None] - mean[None]) ** 2).sum(-1)
        distance[np.tril_indices(len(mean))] = np.inf
        a, b = np.unravel_index(distance.argmin(), distance.shape)
        if distance[a, b] > alike:
            return labels
        labels[labels == b] = a
