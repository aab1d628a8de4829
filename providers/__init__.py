"""One folder for each outside service; found by the registry, imported by nobody else."""
