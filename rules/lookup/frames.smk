def id_source_clips(wildcards):
    return f"results/clips/{config['id_sources'][wildcards.id_source]['dataset']}.csv"


def id_source_roots(wildcards):
    return dataset_roots(config["id_sources"][wildcards.id_source]["dataset"])


def shards(id_source):
    """Shard numbers of an identity source, known from the config alone."""
    identities = config["id_sources"][id_source]["identities"]
    return range(-(-identities // config["identities_per_shard"]))


def identity_numbers(wildcards):
    """First and one past the last photograph of a shard; the same for a full shard, however many follow."""
    per_shard = config["identities_per_shard"]
    first = int(wildcards.shard) * per_shard
    return [first, min(first + per_shard, config["id_sources"][wildcards.id_source]["identities"])]


def face_settings():
    """How a face is found and cut out; the same for clips and photographs."""
    return without(config["frames"], "missing_apex", "still_clips", "identities") | {"size": config["image_size"]}


def crop_settings():
    """How a face that was found is cut out."""
    return {"size": config["image_size"], "margin": config["frames"]["margin"]}


def detector_weights():
    """The file behind the face detector: none where it brings or fetches its own."""
    return config["frames"]["detector_weights"] or [] if config["frames"]["detector"] == "yunet" else []


def detector_code():
    return code_version(f"mie_x_lib.frames.detectors.{config['frames']['detector']}")


def detector_environment():
    return "../envs/pyfeat.yaml" if config["frames"]["detector"] == "retinaface" else "../envs/light.yaml"


def detector_gpu():
    """Only a network that torch runs makes use of a GPU."""
    return int(config["frames"]["detector"] == "retinaface")


def thumbnails_so_far(wildcards):
    """What the photographs of a shard may be copies of: those of this shard and of all before it."""
    folder = f"results/identities/{wildcards.id_source}"
    return [f"{folder}/{shard}.thumbnails.h5" for shard in range(int(wildcards.shard) + 1)]


def missing_apex(wildcards):
    choice = config["frames"]["missing_apex"]
    return choice.get(wildcards.dataset, choice["default"])
