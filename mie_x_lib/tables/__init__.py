"""What the predictions of test clips come to: UF1 and UAR, how sure they are, and the paper's claims."""
