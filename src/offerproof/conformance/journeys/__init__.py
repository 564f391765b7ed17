"""Long journeys over the whole workflow, ruled on by the oracle."""
