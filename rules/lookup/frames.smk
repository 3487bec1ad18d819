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


# So many files of thumbnails make up a larger one.
GATHERED = 16


def thumbnails_of(id_source, first, last):
    """The file with the thumbnails of the shards from `first` to `last`, of which there are 1 or a power of GATHERED."""
    folder = f"results/identities/{id_source}"
    return f"{folder}/{first}.thumbnails.h5" if first == last else f"{folder}/thumbnails/{first}-{last}.h5"


def thumbnails_before(wildcards):
    """The thumbnails of all photographs that a shard's may be copies of: in as few files as make up all shards before it.

    Which these are hangs on the number of the shard alone, so that more identities change no shard that is there.
    """
    files, first, shard = [], 0, int(wildcards.shard)
    while first < shard:
        count = 1
        while first + GATHERED * count <= shard:
            count *= GATHERED
        files.append(thumbnails_of(wildcards.id_source, first, first + count - 1))
        first += count
    return files


def gathered_thumbnails(wildcards):
    """The files that make up a larger one."""
    first, last = int(wildcards.first), int(wildcards.last)
    count = (last - first + 1) // GATHERED
    return [thumbnails_of(wildcards.id_source, start, start + count - 1) for start in range(first, last + 1, count)]


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
