def trained_weights():
    """Weights that the config asks to train."""
    trained = ("results/generator/generator.safetensors", "results/au_network/au_network.safetensors")
    return [path for path in (generator_weights(), au_network_weights()) if path in trained]


def pretrained_networks():
    """The networks whose weights this experiment takes from the internet, by the key that asks for them."""
    networks = {}
    if render_au_source() == "pyfeat" and are_renders_measured():
        networks["action_units.pyfeat.detector"] = config["action_units"]["pyfeat"]["detector"]
    detector, weights = config["frames"]["detector"], config["frames"]["detector_weights"]
    if detector == "retinaface" or (detector == "yunet" and weights is None):
        networks["frames.detector"] = detector
    if config["training"]["initial"] == "imagenet":
        networks["training.initial"] = "imagenet"
    return networks
