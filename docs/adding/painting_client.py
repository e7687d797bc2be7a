"""A client of the engine: `python painting_client.py photo.png painting.png` paints, and tells how far it is."""

import sys

from PIL import Image

from impasto.protocol import ProtocolError
from impasto.protocol.client import Client
from impasto.protocol.session import said_error


def paint(photo: Image.Image, client: Client) -> Image.Image:
    """Have a photo painted in the style "painterly" with 300 strokes. Raises ProtocolError, with the remedy."""
    width, height = photo.size
    pixels = client.put(photo.convert("RGB").tobytes())  # chunk by chunk, with a checksum of each
    picture = {"plane": pixels, "width": width, "height": height, "channels": 3, "depth": "u8", "stride": 3 * width}
    style = next(each["values"] for each in client.hello["styles"] if each["name"] == "painterly")
    job = client.start("paint", picture=picture, style=style, strokes=300)  # on the engine's disk from here on
    for event, _frames in client.events(job):  # ends with done, failed or, if another client says so, cancelled
        if event["event"] == "progress":
            print(f"{event['fraction']:.0%}", file=sys.stderr)
        if event["event"] == "failed":
            raise said_error(event)
    painted = client.fetch(job, "pixels.rgba", 4 * width * height)
    client.ask("forget", job=job)  # else it is kept, for whoever asks with this key
    return Image.frombytes("RGBA", (width, height), bytes(painted))


def main(source: str, target: str) -> None:
    """Paint a file of this user's own engine, which `impasto serve --detach` starts."""
    with Image.open(source) as photo, Client() as client:
        paint(photo, client).save(target)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ProtocolError as error:
        sys.exit(f"error: {error}")
