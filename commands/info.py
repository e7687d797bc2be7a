"""`impasto info`: what is in a painting."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.commands.progress import time_text
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting


@click.command(short_help="Tell what is in a painting.")
@click.argument("painting", metavar="FILE.impasto", type=options.FILE)
@options.as_json
def info(painting: Path, as_json: bool) -> None:
    """Tell what is in a painting: its size, style and strokes, and whether it is finished."""
    from impasto.engine.painting.painting import Painting

    loaded = Painting.load(painting)
    facts: dict[str, Any] = {"file": painting} | _facts(loaded) | _origin(painting)
    if as_json:
        click.echo(options.json_text(facts))
        return
    by_pass = " + ".join(map(str, facts["strokes_by_pass"]))
    seed, background = facts["seed"], facts["background"] or "blurred photo"
    click.echo(
        f"{painting}\n"
        f"  size        {loaded.width} x {loaded.height}{', partly transparent' if facts['masked'] else ''}\n"
        f"  style       {facts['style']}\n"
        f"{_loss(facts['loss'])}"
        f"  strokes     {facts['strokes']}{f' ({by_pass} by pass)' if by_pass else ''}\n"
        f"{_regions(facts)}"
        f"  seed        {seed}\n"
        f"  background  {background}\n"
        f"  state       {_state(facts)}\n"
        f"{_plan(facts)}"
        f"  version     format {facts['format']}, written by Impasto {facts['engine']}"
    )


def _facts(painting: "Painting") -> dict[str, Any]:
    import numpy as np

    return {
        "width": painting.width,
        "height": painting.height,
        "masked": painting.mask is not None,
        "style": str(painting.style.get("name", "unnamed")),
        "loss": painting.style.get("loss"),
        "strokes": len(painting.strokes),
        "strokes_by_pass": np.bincount(painting.strokes.pass_index).tolist(),
        "regions": _by_region(painting),
        "seed": painting.seed,
        "background": None if painting.underpainting is not None else _hex(painting.background),
        "finished": painting.checkpoint is None,
        "unfinished": None if painting.checkpoint is None else _how_far(painting),
    }


def _loss(loss: Any) -> str:
    """A line that tells what was minimised, if that is more than how far pixels are from the photo's."""
    if not isinstance(loss, dict):
        return ""
    more = [f"{value:g} {name}" for name, value in loss.items() if isinstance(value, int | float)]
    network = f" of {loss['network']}" if "network" in loss else ""
    return f"  loss        {' + '.join([str(loss.get('kind', 'pixels')), *more])}{network}\n"


def _by_region(painting: "Painting") -> list[dict[str, Any]]:
    """Names and numbers of strokes, back to front."""
    import numpy as np

    if painting.regions is None:
        return []
    counts = np.bincount(painting.strokes.region, minlength=len(painting.regions)).tolist()
    style = painting.style.get("name", "unnamed")
    return [
        {"name": info.name, "strokes": n, "style": str(info.style.get("name", style)), "edges": info.edges}
        for info, n in zip(painting.regions.infos, counts, strict=True)
    ]


def _regions(facts: dict[str, Any]) -> str:
    """Lines that tell of the regions, if there are any."""
    found = [
        f"{r['name']} {r['strokes']}{'' if r['style'] == facts['style'] else ' in ' + r['style']}"
        for r in facts["regions"]
    ]
    return f"  regions     {', '.join(found)} (back to front)\n" if found else ""


def _how_far(painting: "Painting") -> dict[str, Any]:
    """Where it goes on, or why it cannot: a damaged checkpoint still leaves a painting to look at."""
    from impasto.engine.painter.budget import resumed_budget
    from impasto.engine.painter.checkpoint import read_job, restore
    from impasto.engine.painter.course import Course
    from impasto.engine.styles import validate_style

    try:
        job = read_job(painting)
        style = validate_style(painting.style, "the style in the painting")
        asked = resumed_budget(painting.regions, style, job.budgets)
        phases = asked.phases(painting.width, painting.height, job.working_size, painting.mask, job.effort)
        phases = Course(phases, painting).phases
        state, _, _, seconds = restore(painting, phases, asked.groups())
    except ImpastoError as error:
        return {"problem": str(error)}
    return {
        "pass": state.phase + 1,
        "of": len(phases),
        "iteration": state.iteration,
        "iterations": phases[state.phase].iterations,
        "strokes_wanted": job.total,
        "working_size": job.working_size,
        "effort": job.effort,
        "seconds": seconds,
        "plan": [phase.told() for phase in phases],
    }


def _plan(facts: dict[str, Any]) -> str:
    """A line that tells on which canvases an unfinished painting is painted, and in how many steps."""
    phases = (facts["unfinished"] or {}).get("plan", ())
    told = [f"{p['iterations']} steps on {p['canvas']} pixels{_every(p['stride'])}" for p in phases]
    return f"  plan        {'; '.join(told)}\n" if told else ""


def _every(stride: int) -> str:
    return f", one in {stride} x {stride} at a time" if stride > 1 else ""


def _origin(path: Path) -> dict[str, Any]:
    """The versions in the file, which a painting in memory has no use for."""
    from impasto.engine.painting.archive import MAX_FILE, Archive, unpack_json

    with path.open("rb") as file:
        recipe = unpack_json(Archive(file, MAX_FILE).read("recipe.json"), "recipe.json")
    return {"format": recipe["version"], "engine": recipe["engine"]}


def _hex(background: tuple[float, float, float, float]) -> str:
    *colour, alpha = (round(255 * part) for part in background)
    if alpha == 0:
        return "transparent"
    return "#" + "".join(f"{part:02x}" for part in (colour if alpha == 255 else [*colour, alpha]))


def _state(facts: dict[str, Any]) -> str:
    rest = facts["unfinished"]
    if rest is None:
        return "finished"
    if "problem" in rest:
        return f"unfinished, and cannot be gone on with: {rest['problem']}"
    return (
        f"unfinished: pass {rest['pass']}/{rest['of']}, step {rest['iteration']}/{rest['iterations']}, "
        f"{facts['strokes']} of {rest['strokes_wanted']} strokes, {time_text(rest['seconds'])} painted"
    )
