SHIPPED_GENERATOR = "resources/generator.safetensors"


def generator_weights(_wildcards=None):
    """What renders: weights of this project, given or trained here, or a published checkpoint that was turned into some."""
    given = config["generator"]["weights"] or "results/generator/generator.safetensors"
    return given if given.endswith(".safetensors") else "results/generator/converted.safetensors"


def generator_warning(wildcards):
    """What to tell the user where the shipped generator meets faces that it was not made for."""
    dataset = config["id_sources"][wildcards.id_source]["dataset"]
    if dataset in config["simulated"] or not generator_weights().endswith(SHIPPED_GENERATOR):
        return ""
    return f"Warning: {SHIPPED_GENERATOR} was trained on simulated people; on {dataset} it will not render expressions."


def trained_weights():
    """Weights that the config asks to train."""
    trained = ("results/generator/generator.safetensors", "results/au_network/au_network.safetensors")
    return [path for path in (generator_weights(), au_network_weights()) if path in trained]
