"""What suite and load runs both judge with: ``shapes`` (schemas compiled) and ``histories`` (is there any legal order?)."""
