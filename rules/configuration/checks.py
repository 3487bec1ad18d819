"""What no single key can get wrong: names that refer to nothing, and settings that contradict each other."""

from collections.abc import Iterator
from pathlib import Path

from mie_x_lib import plugins
from mie_x_lib.people import Ties
from mie_x_lib.settings.generator import LossWeights
from mie_x_lib.settings.recognition import Classifier
from mie_x_lib.terms import EMOTION_LABELS, OTHER_EMOTIONS

# Words of the project that stand where names of a section do.
_OWN_WORDS = {
    "variants": {"none": "no variant in the paths of the regime real"},
    "datasets": {
        "all": "all datasets together in results/uf1_by_dataset.csv",
        "default": "every dataset that frames.missing_apex does not name",
    },
    "au_sources": {"all": "all AU sources of a kind together in results/au_means.csv"},
    "classifiers": {"given": "the programs of given predictions in tables"},
}
# The networks of this project that are made of ResNet-18; the width of that which torchvision publishes; and the
# largest side of a picture of which its five halvings leave one place.
_WITH_BACKBONES = ("branches", "apex")
_WIDTH_OF_IMAGENET = 64
_ONE_PLACE = 32


def loose_ends(config: dict) -> Iterator[str]:
    """One message for every name that refers to nothing, and every setting that contradicts another."""
    for key, names, role in _dataset_names(config):
        for name in names:
            if name not in config["datasets"]:
                yield _unknown(key, name, "datasets", config)
            elif role is not None and config["datasets"][name]["role"] != role:
                found = config["datasets"][name]["role"]
                yield f"{key} takes datasets of role {role}, but datasets.{name}.role is {found}"
    for variant, entry in config["variants"].items():
        if not entry["id_sources"] or not entry["au_sources"]:
            yield f"variants.{variant} has no samples; name one or more in id_sources and in au_sources"
        for section in ("id_sources", "au_sources"):
            for name in entry[section]:
                if name not in config[section]:
                    yield _unknown(f"variants.{variant}.{section}", name, section, config)
        yield from _faults_of_limit(f"variants.{variant}.clips", entry, config)
    for kind, name in config["figure1"].items():
        if name is not None and name not in config["au_sources"]:
            yield _unknown(f"figure1.{kind}", name, "au_sources", config)
        elif name is not None and config["au_sources"][name]["kind"] != kind:
            found = config["au_sources"][name]["kind"]
            yield f"figure1.{kind} takes an AU source of kind {kind}, but au_sources.{name}.kind is {found}"
    for section, key in (("exports", "variants"), ("training_data", "variants"), ("training_data", "evaluations")):
        for name in config[section][key]:
            if name not in config[key]:
                yield _unknown(f"{section}.{key}", name, key, config)
    for name, entry in config["classifiers"].items():
        yield from _faults_of_classifier(name, entry)
    yield from _faults_of_backbones(config)
    yield from _contradictions(config)


def _faults_of_classifier(name: str, entry: dict) -> Iterator[str]:
    known = plugins.names("mie_x_lib.classifiers.networks")
    if entry["file"] is None:
        if name not in known:
            yield f"classifiers: the name {name!r} is not known; expected one of {', '.join(known)}, or give its file"
        if entry["options"]:
            yield f"classifiers.{name}.options goes with a file of your own; {name} takes width and dropout"
        return
    yield from _faults_of_arguments(f"classifiers.{name}", entry)
    if name in known:
        yield f"classifiers.{name} is a network of this project; give your file another name"
    if not _is_module(entry["file"]):
        yield (
            f"classifiers.{name}.file is {entry['file']}; expected a Python file whose name has letters, digits and _ "
            "before .py, and no digit first, such as my_net.py"
        )


def _faults_of_backbones(config: dict) -> Iterator[str]:
    """What a ResNet-18 would end in once everything before its training is made."""
    training = config["training"]
    for name in filter(config["classifiers"].__contains__, _WITH_BACKBONES):
        width = config["classifiers"][name]["width"]
        if training["initial"] == "imagenet" and width != _WIDTH_OF_IMAGENET:
            yield (
                f"classifiers.{name}.width is {width}, and the weights of training.initial: imagenet are those of "
                f"{_WIDTH_OF_IMAGENET} channels; give it a width of {_WIDTH_OF_IMAGENET}, or another training.initial"
            )
        # Batches are of nearly equal size: of three pairs or more, none has one.
        if training["crop"] <= _ONE_PLACE and training["batch_size"] < 3:
            yield _lone_value("training.batch_size", training["batch_size"], 3, "training.crop", training["crop"])
    network = config["au_network_training"]
    if _is_trained(config)["au_network"] and network["size"] <= _ONE_PLACE and network["batch"] < 2:
        yield _lone_value("au_network_training.batch", network["batch"], 2, "au_network_training.size", network["size"])


def _lone_value(key: str, batch: int, least: int, size_key: str, size: int) -> str:
    return (
        f"{key} is {batch} where {size_key} is {size}, of which a ResNet-18 leaves a single place: batch norm has "
        f"nothing to compare the only value of a batch with; give a batch of {least} or more, or a side above "
        f"{_ONE_PLACE}"
    )


def _faults_of_arguments(key: str, entry: dict) -> Iterator[str]:
    """What would be passed over in silence, since a network of the user's own is made with its options alone."""
    for setting in ("width", "dropout"):
        # A completed config has the defaults, too.
        if entry[setting] != Classifier.model_fields[setting].default:
            yield (
                f"{key}.{setting} goes with a network of this project; give it as {key}.options.{setting} to a class "
                "in a file of your own"
            )
    for given in ("labels", "initial"):
        if given in entry["options"]:
            yield f"{key}.options has {given}, which every network is made with; leave it out"
    for name, value in entry["options"].items():
        yield from _no_plain_values(f"{key}.options.{name}", value)


def _no_plain_values(key: str, value: object) -> Iterator[str]:
    """What of an option could not be kept beside the network that was made with it."""
    if isinstance(value, list):
        for part in value:
            yield from _no_plain_values(key, part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if not isinstance(name, str):
                yield f"{key} has the key {name!r}, which is no text; write it in quotes"
            yield from _no_plain_values(f"{key}.{name}", part)
    elif not isinstance(value, str | int | float | None):
        yield f"{key} is a {type(value).__name__}; write it in quotes, or as a list"


def _is_module(file: str) -> bool:
    """Whether Python could import a file by its name."""
    path = Path(file)
    return path.suffix == ".py" and path.stem.isidentifier()


def _faults_of_limit(key: str, variant: dict, config: dict) -> Iterator[str]:
    if variant["clips"] is None:
        return
    for name in variant["au_sources"]:
        source = config["au_sources"].get(name, {"kind": None, "clips": None})
        if source["kind"] == "expert" and source["clips"] is None:
            yield (
                f"{key} keeps {variant['clips']} triplets of au_sources.{name}, which has another for every sample; "
                f"give au_sources.{name}.clips a number, so that each of so many is shown on many faces"
            )
        elif (source["clips"] or variant["clips"]) < variant["clips"]:
            yield (
                f"{key} keeps {variant['clips']} clips of au_sources.{name}, whose own limit is {source['clips']}; "
                f"give one that is no smaller than {variant['clips']}"
            )


def _dataset_names(config: dict) -> Iterator[tuple[str, list[str], str | None]]:
    """(key, the datasets that it names, the role that they must have) for every key that names datasets."""
    yield "simulated", list(config["simulated"]), None
    yield "frames.missing_apex", [name for name in config["frames"]["missing_apex"] if name != "default"], None
    for name, evaluation in config["evaluations"].items():
        yield f"evaluations.{name}.datasets", evaluation["datasets"], "micro"
    for name, entry in config["datasets"].items():
        yield f"datasets.{name}.same_people_as", list(filter(None, [entry["same_people_as"]])), None
        yield f"datasets.{name}.other_people_than", entry["other_people_than"], None
    for section in ("generator_training", "au_network_training"):
        yield f"{section}.datasets", config[section]["datasets"], "training"
    for name, source in config["au_sources"].items():
        # Expert knowledge has none, which `_contradictions` says.
        role = None if source["kind"] == "expert" else source["kind"]
        yield f"au_sources.{name}.datasets", source["datasets"], role
    yield "quality.reference", config["quality"]["reference"] or [], "micro"
    for name, source in config["id_sources"].items():
        yield f"id_sources.{name}.dataset", [source["dataset"]], "identity"


def _unknown(key: str, name: str, section: str, config: dict) -> str:
    return f"{key} names {name}, which {section} does not have; it has {', '.join(sorted(config[section]))}"


def _contradictions(config: dict) -> Iterator[str]:
    for name, entry in config["datasets"].items():
        if entry["root"] is None and name not in config["simulated"]:
            yield f"datasets.{name} needs a root, the folder that holds it, or an entry simulated.{name}, to be drawn"
        if name in (entry["same_people_as"], *entry["other_people_than"]):
            yield f"datasets.{name}.same_people_as or other_people_than names {name} itself; name another dataset there"
    yield from Ties(config["datasets"]).contradictions()
    for name, casting in config["simulated"].items():
        if casting["kind"] in ("micro", "macro") and not casting["emotions"]:
            yield (
                f"simulated.{name}.emotions is empty; kind {casting['kind']} needs the emotions that its people show, "
                "such as {happiness: 1, surprise: 1}"
            )
    if config["frames"]["detector"] != "yunet" and config["frames"]["detector_weights"] is not None:
        yield "frames.detector_weights, a file, goes with frames.detector: yunet, and with no other detector"
    for name, source in config["au_sources"].items():
        is_expert = source["kind"] == "expert"
        if is_expert != (source["table"] is not None) or is_expert == bool(source["datasets"]):
            yield f"au_sources.{name}: kind expert takes a table and no datasets, micro and macro take datasets alone"
    yield from _faults_of_rows(config)
    yield from _faults_of_claims(config)
    for name, evaluation in config["evaluations"].items():
        yield from _faults_of_evaluation(f"evaluations.{name}", evaluation)
    seeds = {name: entry["seeds"] for name, entry in config["evaluations"].items() if entry["seeds"] is not None}
    for name, own in seeds.items():
        other = next(iter(seeds))
        if own != seeds[other]:
            yield (
                f"evaluations.{name}.seeds are {own}, and evaluations.{other}.seeds {seeds[other]}; give all "
                "evaluations that have seeds of their own the same"
            )
    for section, words in _OWN_WORDS.items():
        for name in words.keys() & config[section].keys():
            yield f"{section}.{name}: `{name}` stands for {words[name]}; take another name"
    trained = _is_trained(config)
    schedule = config["generator_training"]
    has_critic = trained["generator"] and LossWeights(**schedule["weights"]).needs_critic
    if has_critic and config["image_size"] < 2 ** schedule["critic_layers"]:
        yield (
            f"generator_training.critic_layers is {schedule['critic_layers']}, which halve a picture of image_size "
            f"{config['image_size']} to less than a pixel; give fewer, or an image_size of "
            f"{2 ** schedule['critic_layers']} or more"
        )
    for name, is_trained in trained.items():
        if is_trained and not config[f"{name}_training"]["datasets"]:
            yield f"{name}_training.datasets is empty; name datasets to train on, or give the path of trained weights"


def _is_trained(config: dict) -> dict[str, bool]:
    """Whether the generator and the AU network are trained by this experiment."""
    return {
        "generator": config["generator"]["weights"] is None,
        "au_network": config["action_units"]["weights"] is None and config["action_units"]["source"] == "embedded",
    }


def _faults_of_rows(config: dict) -> Iterator[str]:
    for key, row in _rows(config):
        if row["predictions"] is not None:
            if row["regimes"] or row["variant"] or row["chosen_by"] != "last_epoch":
                yield f"{key}: a row of given predictions has no regimes, no variant and no chosen_by"
        elif not row["regimes"]:
            yield f"{key} names no regimes and gives no predictions; do one of them"
        elif (row["regimes"] != ["real"]) if row["variant"] is None else ("real" in row["regimes"]):
            yield f"{key}: a row of regime real has no other regime and no variant; of synthetic ones it has a variant"
        if row["variant"] is not None and row["variant"] not in config["variants"]:
            yield _unknown(f"{key}.variant", row["variant"], "variants", config)
        if row["evaluation"] not in config["evaluations"]:
            yield _unknown(f"{key}.evaluation", row["evaluation"], "evaluations", config)
    yield from _shared_names(config)
    for key, names in (("uf1_table", config["uf1_table"]), ("gallery.tables", config["gallery"]["tables"] or [])):
        for name in names:
            if name not in config["tables"]:
                yield _unknown(key, name, "tables", config)


def _shared_names(config: dict) -> Iterator[str]:
    """One message for every row that no table or figure could tell from one of other networks in its table."""
    known: dict[tuple, tuple[str, object]] = {}
    for key, row in _rows(config):
        is_given = row["predictions"] is not None
        networks = key if is_given else row["variant"]
        for regime in ["given"] if is_given else row["regimes"]:
            shown = (key.rpartition("[")[0], row["row"], row["evaluation"], row["chosen_by"], regime)
            other_key, other_networks = known.setdefault(shown, (key, networks))
            if other_networks != networks:
                yield f"{key} and {other_key} are of other networks, and both {row['row']}; give each a name of its own"
                break


def _rows(config: dict) -> Iterator[tuple[str, dict]]:
    """(key, row) for every row of every table."""
    for table, rows in config["tables"].items():
        for number, row in enumerate(rows):
            yield f"tables.{table}[{number}]", row


def _faults_of_claims(config: dict) -> Iterator[str]:
    table, made = config["claims"]["table"], config["claims"]["made"]
    if table is None:
        return
    if table not in config["tables"]:
        yield _unknown("claims.table", table, "tables", config)
    elif any(row["predictions"] for row in config["tables"][table]):
        yield f"claims.table names {table}, which has given predictions, of networks trained for nobody knows how long"
        return
    compared = config["tables"][table]
    rows = {row["row"] for row in compared}
    if made and len({(row["evaluation"], row["chosen_by"]) for row in compared}) > 1:
        yield f"tables.{table}: claims compare its rows, so give them one evaluation and one chosen_by"
    if made and (len(rows) < len(compared) or any(len(row["regimes"]) > 1 for row in compared)):
        yield f"tables.{table}: claims name its rows, so give each a name of its own and one regime"
    for name, claim in made.items():
        key, is_beats = f"claims.made.{name}", claim["kind"] == "beats"
        if is_beats != bool(claim["together"] and claim["alone"]) or is_beats == bool(claim["of"] and claim["sizes"]):
            yield f"{key}: kind beats takes together and alone, kind grows takes of and sizes"
        if claim["kind"] == "grows" and len(set(claim["sizes"].values())) < 2:
            yield f"{key}.sizes: {len(set(claim['sizes'].values()))} sizes have no slope, expected two or more"
        for row in [*filter(None, [claim["together"]]), *claim["alone"], *claim["sizes"]]:
            if row not in rows:
                yield f"{key} names {row}, which is no row of table {table}; its rows are {', '.join(sorted(rows))}"


def _faults_of_evaluation(key: str, evaluation: dict) -> Iterator[str]:
    leaves_one_subject_out = evaluation["folds"] == "leave_one_subject_out"
    if leaves_one_subject_out and evaluation["subjects"] is None:
        yield f"{key}.folds is leave_one_subject_out; give their number as {key}.subjects, since each is a fold"
    if not leaves_one_subject_out and evaluation["subjects"] is not None:
        yield f"{key}.subjects goes with folds: leave_one_subject_out, and with nothing else; leave it out"
    if evaluation["folds"] == "leave_one_dataset_out" and len(evaluation["datasets"]) < 2:
        yield f"{key}: folds: leave_one_dataset_out needs two datasets or more; it has {len(evaluation['datasets'])}"
    if evaluation["steps"] is not None and evaluation["epochs"]:
        yield f"{key} has steps and epochs, one of them perhaps in config/protocols.yaml; write null for the other"
    classes: dict[str, str] = {}
    for name, emotions in evaluation["labels"].items():
        for emotion in emotions:
            if emotion not in EMOTION_LABELS and emotion not in OTHER_EMOTIONS:
                known = ", ".join(sorted({*EMOTION_LABELS, *OTHER_EMOTIONS}))
                yield f"{key}.labels.{name} names {emotion}, which is no emotion here; known are {known}"
            elif emotion in classes:
                yield f"{key}.labels has {emotion} in {classes[emotion]} and in {name}; leave it in one class"
            classes[emotion] = name
