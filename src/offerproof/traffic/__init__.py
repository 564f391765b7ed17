"""Operations as they were recorded, for the oracle and the checker of histories."""
