"""What suite and load runs judge with: ``shapes`` of answers, ``histories`` (any legal order?), the ``oracle``."""
