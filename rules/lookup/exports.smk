def wanted_exports():
    """The exports that the config asks for, as folders."""
    entry = config["exports"]
    return expand("results/exports/{variant}/{format}", variant=entry["variants"], format=entry["formats"])
