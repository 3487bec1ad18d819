def evaluation_crops(wildcards):
    return [f"results/frames/{dataset}.h5" for dataset in config["evaluations"][wildcards.evaluation]["datasets"]]


def evaluation_labels(wildcards):
    """The names of an evaluation's classes, in the order of their numbers."""
    return list(config["evaluations"][wildcards.evaluation]["labels"])


def test_folds(evaluation):
    """The numbers of an evaluation's folds, known from the config alone."""
    entry = config["evaluations"][evaluation]
    if entry["folds"] == "leave_one_dataset_out":
        return range(len(entry["datasets"]))
    return range(entry["subjects"] or entry["folds"])


def people(datasets):
    """For each dataset the one whose people it shows: its own name, unless it is another's people once more."""
    return {name: config["datasets"][name]["same_people_as"] or name for name in datasets}


def au_datasets(variant):
    """The datasets whose clips the action units of a variant come from; none of `none`."""
    sources = config["variants"][variant]["au_sources"] if variant != "none" else []
    return unique(name for source in sources for name in config["au_sources"][source]["datasets"])


def training_folds(evaluation, variant):
    """The folds that need a network of their own: one for all where no AU subject can be a test subject."""
    used = set(people(au_datasets(variant)).values())
    tested = set(people(config["evaluations"][evaluation]["datasets"]).values())
    return test_folds(evaluation) if used & tested else ["all"]


def training_sets(wildcards):
    """The training sets of a variant in an evaluation; networks that see real clips alone have none."""
    evaluation, variant = wildcards.evaluation, wildcards.variant
    folds = training_folds(evaluation, variant) if variant != "none" else []
    return [f"results/training_sets/{evaluation}/{variant}/{fold}.csv" for fold in folds]


def variant_samples(variant):
    """Rows of a variant's training sets."""
    return config["variants"][variant]["samples"] or config["training"]["samples"]


def variant_limits(wildcards):
    """How many photographs of each identity source, and clips of each class and AU source, a variant may use."""
    return {name: config["variants"][wildcards.variant][name] for name in ("identities", "clips")}


def leak_rules(wildcards):
    """What counts as a test subject: whose people a dataset shows, and whether a fold holds out whole datasets."""
    evaluation = config["evaluations"][wildcards.evaluation]
    return {
        "people": people(unique([*evaluation["datasets"], *au_datasets(wildcards.variant)])),
        "whole_datasets": evaluation["folds"] == "leave_one_dataset_out",
    }


def predictions(evaluation, regime, variant, classifier, chosen_by):
    """{seed: paths of the predictions that cover every test clip once}."""
    folds = training_folds(evaluation, variant) if regime == "synthetic" else test_folds(evaluation)
    folder = f"results/predictions/{evaluation}/{regime}/{variant}/{classifier}/{chosen_by}"
    return {seed: [f"{folder}/{seed}/{fold}.csv" for fold in folds] for seed in config["training"]["seeds"]}


def classifier_code(wildcards):
    return code_version(f"mie_x_lib.classifiers.networks.{wildcards.classifier}")


def initial_weights():
    """The file that the classifiers start from, if it is one."""
    initial = config["training"]["initial"]
    return [] if initial in ("imagenet", "random") else initial


def for_each_seed(pattern):
    """The files of all seeds: one job trains them, since starting torch costs more than training a small network."""
    return expand(pattern, seed=config["training"]["seeds"], allow_missing=True)


def synthetic_networks(wildcards):
    """The networks that fine-tuning starts from, one a seed: those of the last epoch, whoever chooses the epoch after."""
    evaluation, variant = wildcards.evaluation, wildcards.variant
    fold = "all" if "all" in training_folds(evaluation, variant) else wildcards.fold
    folder = f"results/networks/{evaluation}/synthetic/{variant}/{wildcards.classifier}/last_epoch"
    return for_each_seed(f"{folder}/{{seed}}/{fold}.safetensors")


def training_settings(wildcards, regime):
    """The training section as one regime sees it: another regime's epochs change nothing for it."""
    section = without(config["training"], "samples", "held_out", "seeds", "initial")
    own = config["evaluations"][wildcards.evaluation]["epochs"]
    return section | {"epochs": own.get(regime, section["epochs"][regime])}


def held_out(wildcards):
    """How subjects are held out of the training set, where the epoch is chosen by them; nothing of it elsewhere."""
    if wildcards.chosen_by != "held_out_subjects":
        return None
    return {"share": config["training"]["held_out"], "seed": config["seed"]}
