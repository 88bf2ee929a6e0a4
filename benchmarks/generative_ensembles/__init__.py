"""What ensembles of VAEs know that one does not."""
