-- Where the events of a workspace, its builds and its agents lie in the log. The events themselves are read from the log.
CREATE TABLE history (
  position bigint NOT NULL,
  workspace_id uuid NOT NULL,
  -- The event's name.
  type text NOT NULL,
  PRIMARY KEY (position)
);
-- The history of a workspace, page by page, newest first.
CREATE INDEX history_workspace_id_idx ON history (workspace_id, position DESC);
