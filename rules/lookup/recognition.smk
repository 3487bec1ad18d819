def evaluation_crops():
    return [f"results/frames/{dataset}.h5" for dataset in config["evaluation"]["datasets"]]


def test_folds():
    evaluation = config["evaluation"]
    return range(evaluation["subjects"] or evaluation["folds"])


def training_folds(variant):
    """The folds that need a network of their own: one for all where no AU subject can be a test subject."""
    sources = [config["au_sources"][name] for name in config["variants"][variant]["au_sources"]]
    used = {name for source in sources for name in source["datasets"]}
    return test_folds() if used & set(config["evaluation"]["datasets"]) else ["all"]


def training_sets(wildcards):
    """The training sets of a variant; the test clips alone, of whose networks none is synthetic, have none."""
    folds = training_folds(wildcards.variant) if wildcards.variant in config["variants"] else []
    return [f"results/training_sets/{wildcards.variant}/{fold}.csv" for fold in folds]


def predictions(regime, variant, classifier):
    """{seed: paths of the predictions that cover every test clip once}."""
    folds = training_folds(variant) if regime == "synthetic" else test_folds()
    return {
        seed: [f"results/predictions/{regime}/{variant}/{classifier}/{seed}/{fold}.csv" for fold in folds]
        for seed in config["training"]["seeds"]
    }


def classifier_code(wildcards):
    return code_version(f"mie_x_lib.classifiers.{wildcards.classifier}")


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


def training_settings(regime):
    """The training section as one regime sees it: another regime's epochs change nothing for it."""
    section = without(config["training"], "samples", "seeds", "initial")
    return section | {"epochs": section["epochs"][regime]}
