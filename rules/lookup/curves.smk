def named_curves(rows):
    """Rows of a table, each with the curves of its trainings in place of the predictions."""
    return [
        without(row, "predictions")
        | {"curves": [curve_of(path) for paths in row["predictions"].values() for path in paths]}
        for row in rows
    ]


def curve_of(predictions):
    """The curve of the training behind a file of predictions."""
    return predictions.replace("results/predictions/", "results/curves/", 1)


def curves_of(rows):
    """The curves behind rows of the table, each path once."""
    return unique(map(curve_of, predictions_of(rows)))
