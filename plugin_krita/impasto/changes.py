"""What can be different in the plugin's state: signals say which, so that only what shows it is drawn again."""

from __future__ import annotations

import enum


class Change(enum.Flag):
    """Parts of the state that a docker's boxes look at."""

    ENGINE = enum.auto()  # whether there is one, what it is and can, and what is being installed
    STYLE = enum.auto()  # which styles there are, which is chosen, and the settings beside it
    PARAMETER = enum.auto()  # what was changed of the chosen style, its look included
    WORK = enum.auto()  # what goes on, and at which stage it is
    MESSAGE = enum.auto()
    REGIONS = enum.auto()  # the list of the document in front
    RESULTS = enum.auto()  # the paintings that it remembers
    OFFER = enum.auto()  # a painting that can be continued
    INTEREST = enum.auto()  # the map that is shown
    PICTURES = enum.auto()  # of media


EVERYTHING = Change(sum(each.value for each in Change))
