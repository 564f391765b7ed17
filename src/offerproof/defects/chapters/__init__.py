"""The planted defects, one module for each chapter of the contract."""
