import pytest
from handmade import Handmade, made


@pytest.fixture
def handmade() -> Handmade:
    """Makes paintings; see `made`."""
    return made
