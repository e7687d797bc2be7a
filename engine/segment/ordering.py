"""The customary painting order: back to front, as a painter would lay a picture out.

The paper (Ladron de Guevara, Fisher, Hertzmann; arXiv 2311.14271) paints the classes of COCO from the sky to people.
Here the same idea for names of any set of labels: each name is looked up by its words in layers of depth; what is in
none lies in the middle of its kind. Within a layer the large comes before the small.
"""

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

_FAR = """
background sky cloud space; mountain hill; sea ocean lake river water waterfall pool; skyscraper building house tower
castle temple bridge; ceiling wall; window curtain blind windowpane door mirror painting; tree forest palm bush plant;
field grass land earth ground dirt sand snow gravel playingfield mud; road street pavement sidewalk path runway
railroad platform floor rug carpet; rock stone stairs; fence railing banner net roof
"""
_NEAR = """
airplane kite; train bus truck boat ship; car motorcycle bicycle; bench couch sofa bed shelf cabinet counter
cupboard refrigerator oven sink toilet; table desk; chair stool pillow cushion blanket towel; elephant horse cow
giraffe zebra bear sheep; tv screen laptop computer umbrella suitcase; dog cat bird animal; vase flower; bowl plate
saucer cake pizza food fruit; cup bottle glass fork knife spoon book clock phone keyboard mouse remote; hat helmet
backpack handbag tie; ball frisbee racket; person man woman child baby rider subject; face head hair hand
"""


def _layers(text: str) -> dict[str, int]:
    return {word: depth for depth, words in enumerate(text.split(";")) for word in words.split()}


_DEPTHS = {"stuff": _layers(_FAR), "thing": _layers(_NEAR)}
_MORE_THINGS = _layers("""
apple banana broccoli carrot donut orange pizza sandwich scissors skateboard skis snowboard surfboard toaster microwave
toothbrush drier hydrant meter sign light plant bag box basket lamp fan pot tray plaything poster sculpture animal van
seat armchair ottoman wardrobe dresser stove dishwasher washer monitor crt plaque glove bat
""")
_KINDS = ("rest", "stuff", "thing", "user")


def painting_order(names: Sequence[str], kinds: Sequence[str], shares: np.ndarray) -> list[int]:
    """Return the rows of the regions from back to front.

    The rest comes first, then stuff, things, and the areas of the user, which keep the order they were given
    in (the later lies on top). Stuff and things go by the depth of their names, then by their shares.
    """

    def key(row: int) -> tuple[int, float, float, int]:
        kind = kinds[row]
        if kind not in _DEPTHS:
            return _KINDS.index(kind), 0, 0, row
        return _KINDS.index(kind), depth(names[row], kind), -float(shares[row]), row

    return sorted(range(len(names)), key=key)


def kind_of(label: str) -> Literal["thing", "stuff"]:
    """Tell from a label of COCO, ADE20K or the like whether it means things that can be counted, or stuff.

    Networks' files do not say. Stuff that is named after a thing ("water-other", "door-stuff") is not mistaken:
    the first known word decides.
    """
    for word in _words(label):
        if word in _DEPTHS["stuff"] and "potted" not in label:
            return "stuff"
        if word in _DEPTHS["thing"] or word in _MORE_THINGS:
            return "thing"
    return "stuff"


def depth(name: str, kind: str) -> float:
    """Return how near the layer of a name is, 0 the farthest; the middle of its kind if no word is known."""
    layers = _DEPTHS[kind]
    known = [layers[word] for word in _words(name) if word in layers]
    # Of several words the first counts: a tree-merged, a wall-brick, a floor-wood, a water-other.
    return known[0] if known else max(layers.values()) / 2


def _words(name: str) -> list[str]:
    return re.findall("[a-z]+", name.lower())
