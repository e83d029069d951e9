"""Tables of this read model; `schema.sql` creates them."""

from __future__ import annotations

from projections.engine.tables import Table

HISTORY = Table("history", key=("position",), columns={"position": "bigint", "workspace_id": "uuid", "type": "text"}, written_once=True)
