"""All read models, in the order in which a batch is folded: a model may read the tables of those before it."""

from __future__ import annotations

from projections.engine.model import ReadModel

MODELS: tuple[ReadModel, ...] = ()
