CREATE TABLE builds (
  id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  number integer NOT NULL,
  transition text NOT NULL,
  reason text NOT NULL,
  initiator_id uuid NOT NULL,
  template_version_id uuid NOT NULL,
  preset_id uuid,
  job_id uuid NOT NULL,
  parameters jsonb NOT NULL,
  resources jsonb NOT NULL,
  timings jsonb NOT NULL,
  daily_cost integer NOT NULL,
  deadline timestamptz,
  max_deadline timestamptz,
  has_ai_task boolean,
  has_external_agent boolean,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (id)
);
-- The builds of a workspace, newest first; a build by its number.
CREATE INDEX builds_number_idx ON builds (workspace_id, number DESC);
CREATE INDEX builds_template_version_id_idx ON builds (template_version_id);
