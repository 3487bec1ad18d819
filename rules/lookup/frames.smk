# Settings of clips alone, not of photographs.
UNFIT_CLIPS = ("still_clips", "damaged_clips", "largest_motion")


def id_source_dataset(wildcards):
    """The dataset that the photographs of an identity source are of."""
    return config["id_sources"][wildcards.id_source]["dataset"]


def identity_numbers(wildcards):
    """Numbers of the first person of a shard and of the first one after it; a full shard keeps them when more follow."""
    per_shard = config["identities_per_shard"]
    first = int(wildcards.shard) * per_shard
    return [first, min(first + per_shard, config["id_sources"][wildcards.id_source]["identities"])]


def thumbnails_so_far(wildcards):
    """The thumbnails of all photographs that a shard's may be copies of: its own and those of all shards before it."""
    folder = f"results/identities/{wildcards.id_source}"
    return [f"{folder}/{shard}.thumbnails.h5" for shard in range(int(wildcards.shard) + 1)]


def face_settings():
    """How a face is found and cut out; the same for clips and photographs."""
    return without(config["frames"], "missing_apex", *UNFIT_CLIPS, "identities") | {"size": config["image_size"]}


def unfit_clips():
    """What becomes of clips in which nothing moves or the head does, and of those of damaged videos."""
    return {key: config["frames"][key] for key in UNFIT_CLIPS}


def crop_settings():
    """How a face that was found is cut out."""
    return {"size": config["image_size"], "margin": config["frames"]["margin"]}


def detector_weights():
    """The file behind the face detector: none where it brings or fetches its own."""
    return config["frames"]["detector_weights"] or []


def detector_code():
    """The version of the one detector that is used; it is imported by name, which no version follows."""
    return code_version(f"mie_x_lib.frames.detectors.{config['frames']['detector']}")


def detector_environment():
    """The name of the environment that has the face detector."""
    return "pyfeat" if config["frames"]["detector"] == "retinaface" else "light"


def detector_gpu():
    """Only a network that torch runs makes use of a GPU."""
    return int(config["frames"]["detector"] == "retinaface")


def missing_apex(wildcards):
    """What becomes of a dataset's clips whose apex nobody annotated."""
    choice = config["frames"]["missing_apex"]
    return choice.get(wildcards.dataset, choice["default"])
