def named_curves(rows):
    """What heads the panels of each row of a table and classifier, with the curves of its trainings."""
    return [
        {
            "row": curve_name(row),
            "classifier": row["classifier"],
            "curves": [curve_of(path) for paths in row["predictions"].values() for path in paths],
        }
        for row in rows
    ]


def curve_name(row):
    """A row's name with what tells it from others of the same name."""
    details = [row["regime"].replace("_", " ")]
    if row["evaluation"] != "compmie":
        details.append(row["evaluation"])
    if row["chosen_by"] != "last_epoch":
        details.append(f"by {row['chosen_by'].replace('_', ' ')}")
    return f"{row['row']} ({', '.join(details)})"


def curve_of(predictions):
    """The curve of the training behind a file of predictions."""
    return predictions.replace("results/predictions/", "results/curves/", 1)


def curves_of(rows):
    """The curves behind rows of the table, each path once."""
    return unique(map(curve_of, predictions_of(rows)))
