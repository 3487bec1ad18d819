"""One module a source: `estimate(images, **options)` looks at crops, `read(crops, **options)` up what was measured."""
