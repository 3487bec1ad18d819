"""Every setting once: its name, type, range, default and what it means; one module a section of the config.

What a setting means stands under it as a string, which no rerun depends on. From these models follow the checks of a
config, schemas/config.schema.json, docs/config.md and the settings that functions of this library take.
"""
