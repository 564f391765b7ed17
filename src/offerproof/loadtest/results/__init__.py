"""What a load run leaves: records, the run file, the live view, Prometheus text."""
