"""`python -m skanomaly`."""

from skanomaly._cli.main import script

if __name__ == "__main__":
    script()
