"""The arithmetic of networks."""

from typing import Literal

Precision = Literal["auto", "float32", "bfloat16"]
