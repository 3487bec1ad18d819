"""Image files: HDF5, one image a chunk as it is, with the table that says what each image is."""

from mie_x_lib.shards.images import Numbers, whole_numbers
from mie_x_lib.shards.open_files import ImageReader
from mie_x_lib.shards.reader import (
    image_shape,
    read_attributes,
    read_found,
    read_images,
    read_samples,
    read_table,
    verify,
)
from mie_x_lib.shards.writer import ImageWriter, write_images, write_stream, writing

__all__ = (
    "ImageReader",
    "ImageWriter",
    "Numbers",
    "image_shape",
    "read_attributes",
    "read_found",
    "read_images",
    "read_samples",
    "read_table",
    "verify",
    "whole_numbers",
    "write_images",
    "write_stream",
    "writing",
)
