"""What suite and load runs both judge with: ``shapes`` (schemas, compiled), ``histories`` (any legal order?)."""
