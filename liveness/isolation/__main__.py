"""The process group that looks at pictures: `python -m liveness.isolation --socket PATH`."""

import argparse
import logging
import sys
from pathlib import Path

from liveness.engine import pad_model
from liveness.engine.catalogue import UnfitEngineError, choose
from liveness.isolation.keeper import Bounds, keep
from liveness.isolation.looking import looker
from liveness.models.manifest import ModelError
from liveness.models.store import Store, read_pinned

_SHIPPED = Bounds()


def main(arguments: list[str] | None = None) -> int:
    """Load the engine once, then fork: a replaced process is there in milliseconds."""
    options = _options().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="manyou vision: %(message)s")
    try:
        engine = choose(
            options.engine,
            Store(options.models).read,
            require_authoritative=not options.advisory,
            pad_models=pad_model.load(options.pad, read_pinned),
        )
    except (ModelError, UnfitEngineError) as error:
        sys.stderr.write(f"manyou vision: {error}\n")
        return 1
    bounds = Bounds(
        processes=options.processes,
        backlog=options.backlog,
        cap_mib=options.cap_mib,
        deadline=options.deadline,
    )
    asked = options.until_stdin_closes
    return keep(options.socket, looker(engine), bounds, until_stdin_closes=asked)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m liveness.isolation", description=__doc__)
    add = parser.add_argument
    add("--socket", type=Path, required=True, help="where to listen (made with mode 0600)")
    add("--processes", type=int, default=_SHIPPED.processes, help="about as many as cores")
    add("--backlog", type=int, default=_SHIPPED.backlog, help="questions that may wait")
    add("--cap-mib", type=int, default=_SHIPPED.cap_mib, help="address space of a process")
    add("--deadline", type=float, default=_SHIPPED.deadline, help="seconds for one question")
    add("--models", type=Path, help="directory of the weights")
    add("--engine", default="opencv", help="opencv or face_recognition")
    add("--advisory", action="store_true", help="allow an engine that may not decide")
    add("--pad", type=Path, help="TOML file of the operator's presentation-attack models")
    add("--until-stdin-closes", action="store_true", help="end when standard input does")
    return parser


if __name__ == "__main__":
    sys.exit(main())
