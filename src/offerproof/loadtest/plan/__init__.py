"""What a run sends and what it has to reach: workload, thresholds, load profiles, permission."""
