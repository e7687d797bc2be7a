"""What the daemon costs.

    python -m benchmarks.daemon [--times 5]

A painting of 512 × 512 through the daemon and in this process, in turn; the processor time (of client and daemon) of
handing over a 4096 × 4096 layer and fetching a painted one; how long `hello` and `ping` take while a painting runs;
how long it takes to see a painting of 13 regions at 1024 × 1024 in another look, idle and while another one is painted,
and what that costs the painting.
It starts a daemon of its own, in a folder of its own. Needs `pip install -e '.[daemon]'`.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from fidelity import FOLDER, cropped

PROGRAM = Path(__file__).resolve().parent.parent / "cli.py"


def main() -> None:
    """Start a daemon, measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--strokes", type=int, default=1400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "serve"],
            env={**os.environ, "IMPASTO_HOME": folder},
            stderr=subprocess.DEVNULL,
        )
        try:
            client = connected(Path(folder), process)
            while client.ask("hello", versions=[1, 1])["preparing"] is not None:
                time.sleep(0.1)
            overhead(client, options)
            transfer(client, process.pid)
            answers(client, options)
            showing(client, options)
            client.close()
        finally:
            process.terminate()
            process.wait()


def connected(folder: Path, process: Any) -> Any:
    """A client of the daemon, once it is there."""
    from impasto.protocol import ProtocolError
    from impasto.protocol.client import Client

    for _ in range(600):
        try:
            return Client(folder=folder, timeout=60)
        except ProtocolError:
            if process.poll() is not None:
                sys.exit("the daemon did not start")
            time.sleep(0.1)
    sys.exit("the daemon does not answer")


def overhead(client: Any, options: argparse.Namespace) -> None:
    """Painting through the daemon against painting here."""
    from impasto.engine.daemon.remote import RemotePainter
    from impasto.engine.order import Order
    from impasto.engine.painter import events
    from impasto.engine.raster.cpu.raster import prepare_kernels
    from impasto.engine.styles import load_style

    prepare_kernels()
    picture, style = cropped(FOLDER / "astronaut.jpg", 512), load_style("painterly")
    seconds: dict[str, list[float]] = {"here": [], "daemon": []}
    paintings = {}
    for _ in range(options.times):
        for name in seconds:
            started = time.perf_counter()
            order = Order(picture, style, strokes=options.strokes, working_size=512)
            painter = order.painter() if name == "here" else RemotePainter(client, order)
            last = [event for event in painter.paint() if isinstance(event, events.Finished)][-1]
            paintings[name] = last.painting.render()
            seconds[name].append(time.perf_counter() - started)
    here, there = (statistics.median(values) for values in seconds.values())
    extra = statistics.median(b - a for a, b in zip(seconds["here"], seconds["daemon"], strict=True))
    same = "the same" if np.array_equal(paintings["here"], paintings["daemon"]) else "NOT THE SAME"
    print(f"painting 512 × 512 and rendering it: {here:.2f} s here, {there:.2f} s through the daemon")
    print(
        f"  median difference of a pair {extra:+.2f} s (goal: 5 % + .2 s = {0.05 * here + 0.2:.2f} s); pixels: {same}"
    )


def transfer(client: Any, pid: int) -> None:
    """A large layer there, and a painted one back: processor seconds of all that takes part, painting excepted."""
    side = 4096
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (side // 64, side // 64, 4), np.uint8)
    layer = np.repeat(np.repeat(small, 64, 0), 64, 1)
    before, started = processor_seconds(pid), time.perf_counter()
    plane = client.put(np.ascontiguousarray(layer).reshape(-1))
    there = processor_seconds(pid) - before
    wall = time.perf_counter() - started
    picture = {"plane": plane, "width": side, "height": side, "channels": 4, "depth": "u8", "stride": 4 * side}
    from impasto.engine.styles import load_style

    style = load_style("abstract", ["finish=1", "plateau=0"]).model_dump(mode="json")
    job = client.start("paint", picture=picture, style=style, strokes=50, working_size=256, preview=False)
    last = [header for header, _ in client.events(job)][-1]
    before, started = processor_seconds(pid), time.perf_counter()
    data = client.fetch(job, "pixels.rgba", last["width"] * last["height"] * 4)
    back = processor_seconds(pid) - before
    wall += time.perf_counter() - started
    assert len(data) == side * side * 4
    client.ask("forget", job=job)
    print(
        f"4096 × 4096 RGBA there {there:.2f} s, back {back:.2f} s of processor time (goal: 1 s together), {wall:.2f} s"
    )


def answers(client: Any, options: argparse.Namespace) -> None:
    """How fast it answers while it paints."""
    from impasto.engine.daemon.remote import RemotePainter
    from impasto.engine.order import Order
    from impasto.engine.styles import load_style

    picture = cropped(FOLDER / "astronaut.jpg", 512)
    order = Order(picture, load_style("realistic"), strokes=4000, working_size=512)
    painter = RemotePainter(client, order, previews=True)
    time.sleep(1.0)
    for kind, fields in {"hello": {"versions": [1, 1]}, "ping": {}}.items():
        times = []
        for _ in range(100):
            started = time.perf_counter()
            client.ask(kind, **fields)
            times.append((time.perf_counter() - started) * 1000)
            time.sleep(0.01)
        state = client.attach(painter.job)["state"]
        worst = max(times)
        print(f"{kind} while painting ({state}): median {statistics.median(times):.1f} ms, worst of 100 {worst:.1f} ms")
    started = time.perf_counter()
    client.ask("cancel", job=painter.job)
    last = [header for header, _ in client.events(painter.job)][-1]
    print(f"cancelled ({last['event']}) after {time.perf_counter() - started:.2f} s (goal: .5 s)")


def showing(client: Any, options: argparse.Namespace) -> None:
    """Seconds from asking to the pixels of a painting in another look; and what looking costs who paints."""
    from impasto.engine.styles import load_style

    side, regions = 1024, 13
    picture, style = cropped(FOLDER / "astronaut.jpg", side), load_style("painterly").model_dump(mode="json")
    y, x = np.mgrid[:512, :512] / 512
    angles = np.arctan2(y - 0.5 + 0.1 * np.sin(9 * x), x - 0.5) / (2 * np.pi) % 1
    masks = (np.minimum(angles * regions, regions - 1).astype(int) == np.arange(regions)[:, None, None]) * np.uint8(255)

    def begin() -> str:
        plane = {"width": side, "height": side, "channels": 3, "depth": "u8", "stride": 3 * side}
        return client.start(
            "paint", picture={"plane": client.put(np.ascontiguousarray(picture.rgb).reshape(-1)), **plane},
            style=style, strokes=options.strokes, regions=[{"name": f"part {k}"} for k in range(regions)],
            masks={"plane": client.put(masks.reshape(-1)), "width": 512, "height": 512, "count": regions},
        )  # fmt: skip

    def ended(job: str, heard: Any) -> float:
        """Seconds until the job is done; in between `heard` is called again and again."""
        started = time.perf_counter()
        while (told := client.next_event(job, 0.01)) is None or told[0]["event"] != "done":
            if told is None:
                heard()
        return time.perf_counter() - started

    def looked(kind: str, way: str, number: int) -> float:
        started = time.perf_counter()
        light = {"relief": 0.3 + 0.1 * (number % 8), "angle": 20.0 * number % 360} if way != "paint" else {}
        medium = {"kind": kind} | ({"dryness": 0.5 + 0.1 * (number % 8)} if way != "light" else {})
        client.show(handle, side, side, medium, light, draft=way != "whole", timeout=600)
        return time.perf_counter() - started

    first = begin()
    ended(first, lambda: None)
    started = time.perf_counter()
    handle = client.hold(job=first)
    client.view_event(timeout=600)
    print(f"held after {time.perf_counter() - started:.2f} s")
    alone = statistics.median(ended(begin(), lambda: None) for _ in range(3))
    ways = {"light": "a draft in another light", "paint": "a draft, drier", "whole": "as it is painted"}
    for kind in [one["name"] for one in client.hello["offers"]["media"]]:
        for way, what in ways.items():
            looked(kind, way, 0)  # what it needs is compiled now
            idle = [looked(kind, way, number + 1) for number in range(options.times)]
            times: list[float] = []
            beside = ended(begin(), lambda k=kind, w=way, times=times: times.append(looked(k, w, len(times))))
            print(
                f"{kind}, {what}, {side}²: idle {statistics.median(idle):.2f} s (worst {max(idle):.2f}; goal 1), "
                f"beside a painting {statistics.median(times):.2f} s (worst of {len(times)} {max(times):.2f}, goal 2), "
                f"which then takes {beside:.1f} s for {alone:.1f}"
            )


def processor_seconds(pid: int) -> float:
    """Of this process and the daemon; of this one alone where the system does not tell."""
    total = sum(os.times()[:2])
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError):
        print("  (processor time of this process alone)")
    return total


if __name__ == "__main__":
    main()
