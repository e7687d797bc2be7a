"""`impasto video` of a film's strokes: shown again in another medium, light or size, and nothing painted."""

import time
from typing import Any

from impasto.commands import options
from impasto.commands.progress import Silent
from impasto.commands.video_outputs import (
    VideoWish,
    ground_of,
    known,
    parts_of,
    prepare,
    print_of,
    sound_of,
    summary,
    tell,
)
from impasto.engine.errors import ImpastoError


def show_again(wish: VideoWish, stop: Any, teller: Silent) -> bool:
    """Print the film's paintings; False if it was stopped."""
    from impasto.engine.motion.production import Framed, Workshop, pixels_of_frame
    from impasto.engine.motion.reel import Reel
    from impasto.engine.motion.showing import shown_again

    if wish.save is not None or wish.overrides or wish.strokes is not None or wish.regions.mask or wish.regions.regions:
        raise ImpastoError(f"{wish.source} is painted already; leave out what says how to paint, and --save")
    if wish.first or wish.last is not None or wish.hold > 1 or wish.rate not in (None, Reel(wish.source).rate):
        raise ImpastoError(f"{wish.source} is shown whole, as it was painted; leave out --from, --to and --rate")
    reel = Reel(wish.source)
    first = reel.painting(0)
    width, height = options.output_size(first.width, first.height, wish.size)
    size = height, width
    job = {
        "source": known(wish.source), "size": [width, height], "background": wish.background,
        "quality": wish.quality, "bits": wish.bits,
        "look": [wish.look.medium_settings(), wish.look.light_settings()],
    }  # fmt: skip
    shop = Workshop(parts_of(wish.out), job, wish.afresh)
    out = print_of(wish, shop.folder, (height, width), reel.rate)
    prepare(teller)
    stop.gently, began, begun, number = True, time.monotonic(), out.done, 0
    added = begun
    try:
        for painting, times in shown_again(reel, wish.look.on, wish.threads):
            number += times
            if number > added:
                pixels = pixels_of_frame(painting, size, ground_of(wish), wish.bits, wish.threads)
                for _ in range(added, number):
                    out.add(pixels)
                added = number
                spent = time.monotonic() - began
                left = spent / (number - begun) * (reel.count - number)
                tell(teller, Framed(number, reel.count, len(painting.strokes), spent, left))
            if stop.requested:
                out.pause()
                return False
        stop.gently = False
        out.end(sound_of(wish))
        shop.close()
    finally:
        teller.clear()
    summary(wish, number)
    return True
