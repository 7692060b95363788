"""The evaluation by itself: `python -m liveness.evaluation --data DIR`."""

from liveness.evaluation.command import evaluate

if __name__ == "__main__":
    evaluate()
