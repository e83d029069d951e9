"""`import`: makes a deployment of what `replay` printed of another one: the same events, and the same read models byte for byte."""

from __future__ import annotations

import argparse
import gc
import sys
from datetime import UTC, datetime
from io import BufferedReader

from service import bootstrap
from service.cli.course import shown
from service.importing.deployment import import_deployment
from service.importing.files import lines_of
from service.importing.log import Imported, Refused
from service.settings import Settings
from service.store.prepare import prepare

NAME = "import"
HELP = "Fill an empty database with the events that `replay` printed, and make the read models of them."
#: Objects that may be made before the collector looks at them.
_YOUNG = 200_000
_ABSENT = """\
What lies beside the log is not in the file:
- passwords: `password set --user NAME` gives somebody a new one
- secrets of sessions and tokens: those listed let nobody in; `token create --user NAME` makes new ones
- uploaded archives and values of template variables: make new versions of templates before workspaces are built
- tokens and logs of agents, logs and provisioner states of builds: start workspaces anew
- private halves of git keys, and keys of provisioners: make new ones
- secrets of webhooks: they rest until they are given new ones
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the events are."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        f"{HELP}\n\nPositions, ids, versions, times and who did it are kept, and personal data is sealed with new keys. All of the file is"
        f"\nimported or, if a line is refused, nothing; if it is interrupted, run it again.\n\n{_ABSENT}"
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=_file,
        default="-",
        metavar="FILE",
        help="lines of `replay --format jsonl`, compressed by gzip or not; - (or nothing) for stdin",
    )


async def run(settings: Settings, args: argparse.Namespace) -> int:
    """Import; 1 when it is refused."""
    # Events come and go by the million, hardly any in cycles: the collector would look at each batch of them several times, and
    # at all that the program is made of.
    gc.freeze()
    gc.set_threshold(_YOUNG)
    async with bootstrap.database(settings) as dsn:
        await prepare(dsn)
        async with bootstrap.connected(dsn) as storing, bootstrap.connected(dsn) as making:
            try:
                imported = await import_deployment(storing, making, lines_of(args.file), datetime.now(UTC), shown("import"))
            except Refused as refusal:
                print(f"error: nothing was imported: {refusal}", file=sys.stderr)
                return 1
    print(_said(imported), file=sys.stderr)
    return 0


def _file(name: str) -> BufferedReader:
    try:
        return open(0 if name == "-" else name, "rb")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{name}: {error.strerror}") from error


def _said(imported: Imported) -> str:
    return f"imported {imported.events} events up to position {imported.position}, and made the read models\n{_ABSENT}"
