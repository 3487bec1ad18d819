def page_titles():
    """What stands above each table in the report."""
    return {
        "uf1_table": "UF1, UAR and accuracy in percent, mean and standard deviation over seeds",
        "uf1_by_dataset": "UF1, UAR and accuracy by dataset of the test clips",
        "uf1_comparisons": "Differences in UF1 between every two rows",
        "audits": "Audit: what every training set holds of test subjects",
        "au_means": "Mean action units of z_MiE and z_MaE (0 to 1)",
        "quality": "Quality of the rendered pairs",
        "generator_checks": "The generator, checked before it rendered",
        "claims": "The paper's claims: comparisons and slopes, in points of UF1",
        "claim_rows": "The networks behind the claims",
    }
