import os
from pathlib import Path

from mie_x_lib.errors import InputError
from mie_x_lib.folds.enough_people import people_needed, refuse_many_folds


def trainings(kind, **parts):
    """The files of a kind (networks, predictions or curves) that trainings write, one for each value of each part.

    parts: values of evaluation, regime, variant, classifier, chosen_by, seed and fold; those that are not given stay
    wildcards.
    """
    suffix = "safetensors" if kind == "networks" else "csv"
    pattern = "results/{kind}/{evaluation}/{regime}/{variant}/{classifier}/{chosen_by}/{seed}/{fold}.{suffix}"
    return expand(pattern, kind=kind, suffix=suffix, **parts, allow_missing=True)


def with_seeds(are_own):
    """The evaluations whose trainings have seeds of their own, or those of the section training."""
    return [name for name, entry in config["evaluations"].items() if (entry["seeds"] is not None) == are_own]


def seeds_of(evaluation):
    """The seeds of an evaluation's trainings."""
    own = config["evaluations"][evaluation]["seeds"]
    return config["training"]["seeds"] if own is None else own


def for_each_seed(kind, evaluations, **parts):
    """As `trainings`, of all seeds of these evaluations, which share them, or none.

    One job trains them, since starting torch costs more than training a small network.
    """
    seeds = seeds_of(evaluations[0]) if evaluations else config["training"]["seeds"]
    return trainings(kind, seed=seeds, **parts)


def predictions_by_seed(evaluation, regime, variant, **parts):
    """{seed: paths of the predictions that cover every test clip once}."""
    folds = training_folds(evaluation, variant) if regime == "synthetic" else test_folds(evaluation)
    parts |= {"evaluation": evaluation, "regime": regime, "variant": variant, "fold": folds}
    return {seed: trainings("predictions", seed=seed, **parts) for seed in seeds_of(evaluation)}


def trained_before(wildcards, kind):
    """The files of a kind of the trainings that fine-tuning starts from, one a seed.

    Their networks are those of the last epoch, whoever chooses the epoch after.
    """
    known = {key: wildcards[key] for key in ("evaluation", "variant", "classifier")}
    is_one_for_all = "all" in training_folds(wildcards.evaluation, wildcards.variant)
    fold = "all" if is_one_for_all else wildcards.fold
    seeds = seeds_of(wildcards.evaluation)
    return trainings(kind, regime="synthetic", chosen_by="last_epoch", fold=fold, seed=seeds, **known)


def evaluation_crops(wildcards):
    """The crops of an evaluation's clips."""
    return [f"results/frames/{dataset}.h5" for dataset in evaluation_datasets(wildcards.evaluation)]


def evaluation_labels(wildcards):
    """The names of an evaluation's classes, in the order of their numbers."""
    return list(config["evaluations"][wildcards.evaluation]["labels"])


def clip_terms(wildcards):
    """The datasets that an evaluation's clips are of, with what the config says of their licences."""
    names = evaluation_datasets(wildcards.evaluation)
    return [described_dataset(name) | {"licence": config["datasets"][name]["licence"]} for name in names]


def test_folds(evaluation):
    """The numbers of an evaluation's folds, known from the config alone."""
    entry = config["evaluations"][evaluation]
    if entry["folds"] == "leave_one_dataset_out":
        return range(len(entry["datasets"]))
    return range(entry["subjects"] or entry["folds"])


def fillable_folds(wildcards):
    """How many folds an evaluation has; WorkflowError where fewer people are drawn for it.

    How many people are in the user's own folders `make_folds` finds out. For a param, as `fillable_samples` is.
    """
    evaluation, datasets = wildcards.evaluation, evaluation_datasets(wildcards.evaluation)
    count = len(test_folds(evaluation))
    are_drawn = set(datasets) <= set(config["simulated"])
    there = sum(people_there(dataset) for dataset in datasets) if are_drawn else None
    entry = config["evaluations"][evaluation]
    if entry["folds"] != "leave_one_dataset_out":
        try:
            refuse_many_folds(evaluation, count, there, "subjects" if entry["subjects"] else "folds")
        except InputError as error:
            raise WorkflowError(str(error)) from None
    return count


def training_folds(evaluation, variant):
    """The folds that need a network of their own: one for all where nobody of the variant can be a test subject."""
    share = may_share_people(variant_datasets(variant), evaluation_datasets(evaluation))
    return test_folds(evaluation) if share else ["all"]


def training_set(evaluation, variant, fold):
    """The table of what the networks of a fold train on; that of real clips, of `none`, holds all folds."""
    return f"results/training_sets/{evaluation}/{'none' if variant == 'none' else f'{variant}/{fold}'}.csv"


def training_sets(evaluation, variant):
    """The training sets of a variant in an evaluation; networks that see real clips alone have none."""
    folds = training_folds(evaluation, variant) if variant != "none" else []
    return [training_set(evaluation, variant, fold) for fold in folds]


def variant_samples(variant):
    """Rows of a variant's training sets."""
    entry, training = config["variants"][variant], config["training"]
    sources = len(entry["au_sources"]) if training["samples_of"] == "au_source" else 1
    return entry["samples"] or sources * training["samples"]


def variant_size(evaluation, variant):
    """A variant's identity sources, and how many people of them its training sets need; 0 where samples may repeat."""
    entry = config["variants"][variant]
    id_sources = tuple(entry["id_sources"])
    if entry["identities"] or entry["clips"]:
        return id_sources, 0
    folds, tested = {}, {other for name in evaluation_datasets(evaluation) for other in (name, *ties.tied(name))}
    for name in entry["au_sources"]:
        shown = set(config["au_sources"][name]["datasets"])
        folds[name] = len(test_folds(evaluation)) if shown and shown <= tested else None
    return id_sources, people_needed(variant_samples(variant), folds, config["evaluations"][evaluation]["labels"])


def fillable_samples(wildcards):
    """Rows of a variant's training sets, after a word on the people they take; WorkflowError where these are too few.

    For a param, since Snakemake takes a file that is there where a function of the input refuses to make it again.
    """
    refuse_lost_sources(wildcards.evaluation, wildcards.variant)
    tell_size(*variant_size(wildcards.evaluation, wildcards.variant))
    return variant_samples(wildcards.variant)


def refuse_lost_sources(evaluation, variant):
    """WorkflowError where a fold holds out a dataset, and with it everybody whose action units an AU source has."""
    held_out = held_out_with(evaluation, variant_datasets(variant)) or {}
    for dataset, shown in held_out.items():
        for name in config["variants"][variant]["au_sources"]:
            measured = config["au_sources"][name]["datasets"]
            if measured and set(measured) <= set(shown):
                raise WorkflowError(
                    f"evaluations.{evaluation} tests {dataset} on networks that saw nobody of it, and au_sources.{name}, "
                    f"of variants.{variant}, shows nobody else; take that source out of the variant, or the dataset out "
                    "of the evaluation"
                )


def classifier_arguments(wildcards):
    """What the class of a classifier is made with, beside the number of classes and its first weights."""
    entry = config["classifiers"][wildcards.classifier]
    return entry["options"] if entry["file"] else without(entry, "file", "options")


def classifier_files(wildcards):
    """The files that the options of a classifier name, at any depth, such as weights of the user's own."""
    return list(filter(os.path.isfile, texts_in(config["classifiers"][wildcards.classifier]["options"])))


def texts_in(value):
    """Every text among the values of lists and mappings in each other."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in texts_in(part)]


def classifier_code(wildcards):
    """The version of the one network that is trained; it is imported by name, which no version follows."""
    file = config["classifiers"][wildcards.classifier]["file"]
    if file is None:
        return code_version(f"mie_x_lib.classifiers.networks.{wildcards.classifier}")
    if not os.path.isfile(file):
        raise WorkflowError(
            f"classifiers.{wildcards.classifier}.file is {file}, which is not there, seen from {os.getcwd()}; correct the path"
        )
    try:
        # What lies beside it may be imported by it.
        return code_version(Path(file).stem, Path(file).parent.resolve())
    except SyntaxError as fault:
        where = f"{fault.filename or file}, line {fault.lineno}" if fault.lineno else file
        raise WorkflowError(f"classifiers.{wildcards.classifier}.file: {where}: {fault.msg}; correct the file")


def initial_weights():
    """The file that the classifiers start from, if it is one."""
    initial = config["training"]["initial"]
    return [] if initial in ("imagenet", "random") else initial


def made_again_from(wildcards):
    """The first weights with which a network is made whose trained ones take their place.

    One of this project needs none. One of the user's own may draw other constants, or look otherwise, with others.
    """
    return config["training"]["initial"] if config["classifiers"][wildcards.classifier]["file"] else "random"


def initial_warning(wildcards):
    """What to tell the user where networks for real clips start from weights of simulated people: those of AU networks."""
    initial = config["training"]["initial"]
    real = [name for name in evaluation_datasets(wildcards.evaluation) if name not in config["simulated"]]
    if not real or not initial.endswith(".safetensors"):
        return ""
    return (
        f"Warning: {initial}, from which the classifiers start, was trained on simulated people, and is no start for "
        f"{', '.join(real)}. Set training.initial to imagenet."
    )


def training_settings(wildcards, regime):
    """The training section as one regime sees it: another regime's schedule changes nothing for it."""
    section = without(config["training"], "samples", "samples_of", "held_out", "seeds", "initial")
    evaluation = config["evaluations"][wildcards.evaluation]
    epochs = evaluation["epochs"].get(regime, section["epochs"][regime])
    own = {"epochs": epochs, "steps": evaluation["steps"], "decay_share": section["decay_share"][regime]}
    return section | own


def held_out(wildcards, variant):
    """The people who choose the epoch in place of being trained on, where it is chosen so; else none."""
    if wildcards.chosen_by != "held_out_subjects":
        return []
    return f"results/held_out/{wildcards.evaluation}/{variant}/{wildcards.fold}.csv"


def held_out_and_training_sets(wildcards):
    """The people who choose the epoch, and the training sets that they are held out of, of all folds."""
    evaluation, variant = wildcards.evaluation, wildcards.variant
    folds = test_folds(evaluation) if variant == "none" else training_folds(evaluation, variant)
    return {
        "training_sets": unique(training_set(evaluation, variant, fold) for fold in folds),
        "held_out": [f"results/held_out/{evaluation}/{variant}/{fold}.csv" for fold in folds],
    }


def tested_and_shown_datasets(wildcards):
    """The datasets of an evaluation, whose people are tested, and of a variant, which shows people."""
    return unique([*evaluation_datasets(wildcards.evaluation), *variant_datasets(wildcards.variant)])


def audited_datasets(wildcards):
    """`tested_and_shown_datasets`, and those that the networks behind a variant's samples learned from."""
    learned = [dataset for section in training_sections(wildcards.variant) for dataset in config[section]["datasets"]]
    return unique(tested_and_shown_datasets(wildcards) + learned)


def training_sections(variant):
    """The sections of the config by which networks are trained that a variant's samples or classifiers come from."""
    known = {f"results/{name}/{name}.safetensors": f"{name}_training" for name in ("generator", "au_network")}
    weights = [*(trained_weights() if variant != "none" else []), config["training"]["initial"]]
    return [section for path, section in known.items() if path in weights]


def learned_people(wildcards):
    """The people from whom the networks of `training_sections` learned."""
    return [
        f"results/{section.removesuffix('_training')}/people.csv" for section in training_sections(wildcards.variant)
    ]
