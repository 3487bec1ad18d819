"""One module a source: `estimate(images, **options)` looks at crops, `read(crops, clips, **options)` looks them up.

Each states its SCALE, a key of `instruments.SCALES`, and the name and version of its PROGRAM.
"""
