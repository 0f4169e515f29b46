"""`python -m stance`: the same as the command `stance`."""

from .cli import run

if __name__ == "__main__":
    run()
