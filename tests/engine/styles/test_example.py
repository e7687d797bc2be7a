from pathlib import Path

import numpy as np
import pytest
from making_paintings import strokes_of
from PIL import Image
