"""Set up the weights of the face engine: `python -m liveness.models`."""

import argparse
import sys
from pathlib import Path

from liveness.models import manifest
from liveness.models.fetching import complete
from liveness.models.store import Store


def main(arguments: list[str] | None = None) -> int:
    """Fetch what is lacking; be silent and quick when nothing is."""
    options = _options().parse_args(arguments)
    try:
        store = Store(options.to, manifest.load(options.manifest))
        fetched = complete(store, offered=options.offered, tell=_say)
    except manifest.ModelError as error:
        sys.stderr.write(f"manyou models: {error}\n")
        return 1
    if fetched:
        _say(f"  {fetched} files in {store.directory}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m liveness.models", description=__doc__)
    add = parser.add_argument
    add("--to", type=Path, help="directory (default: share/manyou/models of the environment)")
    add(
        "--from", dest="offered", type=Path, help="directory with the files or archives; no network"
    )
    add("--manifest", type=Path, default=manifest.SHIPPED, help="another manifest of that kind")
    return parser


if __name__ == "__main__":
    sys.exit(main())
