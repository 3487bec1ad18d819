from glob import escape, glob
from pathlib import Path

from mie_x_lib.corpora import LAYOUTS
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import code_version
from rules.configuration import complete
from snakemake.exceptions import WorkflowError

try:
    complete(config, workflow.source_path("../schemas/config.schema.json"))
except InputError as error:
    raise WorkflowError(str(error)) from None


def without(section, *keys):
    """A section of the config as a rule sees it that does not depend on these keys."""
    return {key: value for key, value in section.items() if key not in keys}


def any_of(names):
    """A regular expression for exactly these names; with no name, one that nothing matches."""
    return "|".join(names) or "(?!)"


SHIPPED_GENERATOR = "resources/generator.safetensors"


def unique(values):
    """The values in their order, each once."""
    return list(dict.fromkeys(values))


wildcard_constraints:
    dataset=any_of(config["datasets"]),
    au_source=any_of(config["au_sources"]),
    id_source=any_of(config["id_sources"]),
    variant=any_of([config["evaluation"]["name"], *config["variants"]]),
    classifier=any_of(config["classifiers"]),
    table=any_of(str(row["table"]) for row in config["rows"]),
    shard=r"\d+",
    fold=r"all|\d+",


def dataset_roots(dataset):
    """The folders that a dataset's files lie in: drawn here, or the user's own."""
    entry = config["datasets"][dataset]
    if dataset in config["simulated"]:
        return [f"results/corpora/{dataset}"]
    # Layout megc2019 is a table that joins the folders of three datasets.
    joined = [entry["options"][name] for name in ("casme2", "smic", "samm") if name in entry["options"]]
    return [entry["root"], *joined]


def annotation_files(dataset):
    """The tables that describe a user's clips: the time of a folder says nothing of an edit inside it.

    Not looked for among photographs, of which a folder may hold a million.
    """
    entry = config["datasets"][dataset]
    if dataset in config["simulated"] or entry["role"] == "identity" or entry["layout"] in ("emotionnet", "celeba"):
        return []
    folders = [Path(root) for root in dataset_roots(dataset)]
    found = [path for folder in folders for level in ("*", "*/*") for path in folder.glob(level)]
    return sorted(str(path) for path in found if path.suffix in (".csv", ".txt", ".xlsx"))


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


def generator_weights(_wildcards=None):
    """What renders: weights of this project, given or trained here, or a published checkpoint that was turned into some."""
    given = config["generator"]["weights"] or "results/generator/generator.safetensors"
    return given if given.endswith(".safetensors") else "results/generator/converted.safetensors"


def generator_warning(wildcards):
    """What to tell the user where the shipped generator meets faces that it was not made for."""
    dataset = config["id_sources"][wildcards.id_source]["dataset"]
    if dataset in config["simulated"] or config["generator"]["weights"] != SHIPPED_GENERATOR:
        return ""
    return f"Warning: {SHIPPED_GENERATOR} was trained on simulated people; on {dataset} it will not render expressions."


def au_network_weights(_wildcards=None):
    """The weights behind the action units: none where the source brings its own."""
    if config["action_units"]["source"] != "embedded":
        return []
    return config["action_units"]["weights"] or "results/au_network/au_network.safetensors"


def variant_shards(variant):
    """Every shard of a variant, as paths; the test clips alone have none."""
    entry = config["variants"].get(variant, {"id_sources": [], "au_sources": []})
    return [
        f"results/renders/{id_source}/{au_source}/{shard}.h5"
        for id_source in entry["id_sources"]
        for au_source in entry["au_sources"]
        for shard in shards(id_source)
    ]


def test_folds():
    evaluation = config["evaluation"]
    return range(evaluation["subjects"] or evaluation["folds"])


def training_folds(variant):
    """The folds that need a network of their own: one for all where no AU subject can be a test subject."""
    sources = [config["au_sources"][name] for name in config["variants"][variant]["au_sources"]]
    used = {name for source in sources for name in source["datasets"]}
    return test_folds() if used & set(config["evaluation"]["datasets"]) else ["all"]


def predictions(regime, variant, classifier):
    """{seed: paths of the predictions that cover every test clip once}."""
    folds = training_folds(variant) if regime == "synthetic" else test_folds()
    return {
        seed: [f"results/predictions/{regime}/{variant}/{classifier}/{seed}/{fold}.csv" for fold in folds]
        for seed in config["training"]["seeds"]
    }


def layout_code(wildcards):
    """The version of the one adapter that a dataset needs; `list_clips` imports it by name, which no version follows."""
    return code_version(f"mie_x_lib.corpora.{config['datasets'][wildcards.dataset]['layout']}")


def classifier_code(wildcards):
    return code_version(f"mie_x_lib.classifiers.{wildcards.classifier}")


def render_au_source():
    """What measures renders: the source of the experiment, unless that only looks up what it was given."""
    source = config["action_units"]["source"]
    return "pyfeat" if source == "openface" else source


def au_options(source):
    """The options of an AU source, and of no other."""
    if source == "embedded":
        return {"weights": au_network_weights()}
    if source == "openface":
        return without(config["action_units"]["openface"], "binary") | {"files": openface_files()}
    return config["action_units"][source]


def openface_files():
    """Where the CSVs of OpenFace lie: those of the binary that is run here, or the user's own."""
    options = config["action_units"]["openface"]
    return "results/openface/{dataset}/{subject}/{clip}.csv" if options["binary"] else options["files"]


def openface_measurements(wildcards):
    """What OpenFace measured of a dataset, if it is the source.

    Of photographs, of which a folder may hold a million, the user's own CSVs are not looked for.
    """
    options, dataset = config["action_units"]["openface"], wildcards.dataset
    if config["action_units"]["source"] != "openface":
        return []
    if options["binary"]:
        return f"results/openface/{dataset}"
    if config["datasets"][dataset]["role"] in ("identity", "training"):
        return []
    return sorted(glob(escape(options["files"]).format(dataset=escape(dataset), subject="*", clip="*")))


def pretrained_networks():
    """The networks whose weights this experiment takes from the internet, by the key that asks for them."""
    networks = {}
    if render_au_source() == "pyfeat":
        networks["action_units.pyfeat.detector"] = config["action_units"]["pyfeat"]["detector"]
    if config["frames"]["detector"] == "retinaface":
        networks["frames.detector"] = "retinaface"
    if config["training"]["initial"] == "imagenet":
        networks["training.initial"] = "imagenet"
    return networks


def au_warning(wildcards):
    """What to tell the user where the embedded AU source meets faces that it was not made for."""
    if config["action_units"]["source"] != "embedded" or wildcards.dataset in config["simulated"]:
        return ""
    return (
        "Warning: the embedded AU source was trained on simulated people; what it finds in "
        f"{wildcards.dataset} means nothing. Set action_units.source to pyfeat or openface."
    )


def face_settings():
    """How a face is found and cut out; the same for clips and photographs."""
    return without(config["frames"], "missing_apex", "identities") | {"size": config["image_size"]}


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


def triplet_input(wildcards):
    """What triplets are drawn from: the expert table, or the measured action units of clips."""
    source = config["au_sources"][wildcards.au_source]
    return source["table"] or [f"results/action_units/{dataset}.csv" for dataset in source["datasets"]]


def source_shards(wildcards):
    return [
        f"results/renders/{wildcards.id_source}/{wildcards.au_source}/{shard}.h5"
        for shard in shards(wildcards.id_source)
    ]


def evaluation_crops():
    return [f"results/frames/{dataset}.h5" for dataset in config["evaluation"]["datasets"]]


def initial_weights():
    """The file that the classifiers start from, if it is one."""
    initial = config["training"]["initial"]
    return [] if initial in ("imagenet", "random") else initial


def for_each_seed(pattern):
    """The files of all seeds: one job trains them, since starting torch costs more than training a small network."""
    return expand(pattern, seed=config["training"]["seeds"], allow_missing=True)


def synthetic_networks(wildcards):
    """The networks that fine-tuning starts from, one a seed."""
    fold = "all" if "all" in training_folds(wildcards.variant) else wildcards.fold
    folder = f"results/networks/synthetic/{wildcards.variant}/{wildcards.classifier}"
    return for_each_seed(f"{folder}/{{seed}}/{fold}.safetensors")


def table_variants():
    return unique(row["variant"] for row in config["rows"] if row["variant"])


def needed_datasets():
    """The user's own datasets that the table's rows need: name to layout, root, options and photographs asked for."""
    variants = [config["variants"][name] for name in table_variants()]
    id_sources = [config["id_sources"][name] for variant in variants for name in variant["id_sources"]]
    au_sources = [config["au_sources"][name] for variant in variants for name in variant["au_sources"]]
    networks = ("generator", "au_network")
    trained = [name for name in networks if f"results/{name}/{name}.safetensors" in trained_weights()]
    names = unique(
        [
            *config["evaluation"]["datasets"],
            *(dataset for source in au_sources for dataset in source["datasets"]),
            *(source["dataset"] for source in id_sources),
            *(dataset for name in trained for dataset in config[f"{name}_training"]["datasets"]),
        ]
    )
    identities = {name: [source["identities"] for source in id_sources if source["dataset"] == name] for name in names}
    return {
        name: without(config["datasets"][name], "role") | {"identities": max(identities[name], default=0)}
        for name in names
        if name not in config["simulated"]
    }


def training_sets(wildcards):
    """The training sets of a variant; the test clips alone, of whose networks none is synthetic, have none."""
    folds = training_folds(wildcards.variant) if wildcards.variant in config["variants"] else []
    return [f"results/training_sets/{wildcards.variant}/{fold}.csv" for fold in folds]


def rendered_pairs():
    """Pairs of sources that the table's rows are made of, as wildcard values side by side."""
    pairs = unique(
        (id_source, au_source)
        for entry in map(config["variants"].get, table_variants())
        for id_source in entry["id_sources"]
        for au_source in entry["au_sources"]
    )
    return {"id_source": [pair[0] for pair in pairs], "au_source": [pair[1] for pair in pairs]}


def contact_sheets():
    """The contact sheets of all clips and photographs that the table's rows are made of."""
    measured = [dataset for name in clip_sources() for dataset in config["au_sources"][name]["datasets"]]
    crops = expand("results/figures/crops/{dataset}.png", dataset=unique(config["evaluation"]["datasets"] + measured))
    return crops + expand("results/figures/identities/{id_source}.png", id_source=unique(rendered_pairs()["id_source"]))


def table_rows(table=None):
    """One entry a row of a table of the paper, or of all, with the paths of its predictions by seed."""
    return [
        table_row(row, regime, classifier)
        for row in config["rows"]
        if table is None or str(row["table"]) == table
        for regime in row["regimes"]
        for classifier in config["classifiers"]
    ]


def predictions_of(rows):
    """The predictions that rows of the table are made of, each path once."""
    return unique(path for row in rows for paths in row["predictions"].values() for path in paths)


def audits_of(rows):
    """The audits of the training sets behind rows of the table."""
    return unique(f"results/audits/{row['variant']}.csv" for row in rows)


def table_row(row, regime, classifier):
    variant = row["variant"] or config["evaluation"]["name"]
    sources = config["variants"][row["variant"]] if row["variant"] else {"id_sources": [], "au_sources": []}
    # The paper's figures are those of Branches.
    published = ["published_uf1", "published_std"] if classifier == "branches" else []
    return {
        **{key: row[key] for key in ("table", "row", *published)},
        **sources,
        "regime": regime,
        "classifier": classifier,
        "variant": variant,
        "synthetic_samples": 0 if regime == "real" else config["training"]["samples"],
        "predictions": predictions(regime, variant, classifier),
    }


def clip_sources():
    """AU sources of the table's rows that come from clips: {name: kind and paths of their action units}."""
    names = unique(name for variant in table_variants() for name in config["variants"][variant]["au_sources"])
    sources = {name: config["au_sources"][name] for name in names}
    return {
        name: {
            "kind": source["kind"],
            "action_units": [f"results/action_units/{dataset}.csv" for dataset in source["datasets"]],
        }
        for name, source in sources.items()
        if source["kind"] != "expert"
    }


def trained_weights():
    """Weights that the config asks to train."""
    trained = ("results/generator/generator.safetensors", "results/au_network/au_network.safetensors")
    return [path for path in (generator_weights(), au_network_weights()) if path in trained]


def training_settings(regime):
    """The training section as one regime sees it: another regime's epochs change nothing for it."""
    section = without(config["training"], "samples", "seeds", "initial")
    return section | {"epochs": section["epochs"][regime]}
