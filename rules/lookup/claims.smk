def claim_rows():
    """The rows of table claims, with the training sets behind them; networks of real clips have none."""
    rows = table_rows(config["claims"]["table"])
    return [
        row
        | {
            "training_sets": [
                f"results/training_sets/{row['evaluation']}/{row['variant']}/{fold}.csv"
                for fold in training_folds(row["evaluation"], row["variant"])
                if row["variant"] != "none"
            ]
        }
        for row in rows
    ]
