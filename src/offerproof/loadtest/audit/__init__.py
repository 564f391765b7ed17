"""Was every answer right under load? History, final state, points, and the questions asked of them."""
