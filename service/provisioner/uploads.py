"""What an uploaded archive asks for before anybody has imported it: whether `echo` carries it out, and which tags its jobs bear.

The import itself says what is wrong with an archive, in its log; here that counts as nothing asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.kernel.errors import DomainError
from domain.templates.failures import ImportFailed
from service.provisioner.archive import unpack
from service.provisioner.template_yaml import NAMES, parse_tags


def declared_tags(raw: bytes, given: Iterable[tuple[str, str]], inherited: Mapping[str, str]) -> Mapping[str, str] | None:
    """The provisioner tags that the archive declares (contract/template-archive.md), None when it has no template.yaml at all.

    `given` and `inherited` are values of its variables, as `parse_template` takes them. For a worker thread, as all of an
    archive's handling.
    """
    try:
        files = unpack(raw)
        return parse_tags(files, given, inherited) if any(name in files for name in NAMES) else None
    except DomainError:
        return None
    except ImportFailed:
        return {}
