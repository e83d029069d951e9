CREATE TABLE agents (
  id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  build_id uuid NOT NULL,
  resource_id uuid NOT NULL,
  parent_id uuid,
  name text NOT NULL,
  connection_timeout_seconds integer NOT NULL,
  spec jsonb NOT NULL,
  app_health jsonb NOT NULL,
  script_results jsonb NOT NULL,
  log_sources jsonb NOT NULL,
  lifecycle_state text NOT NULL,
  version text NOT NULL,
  api_version text NOT NULL,
  expanded_directory text NOT NULL,
  subsystems jsonb NOT NULL,
  timed_out boolean NOT NULL,
  logs_started boolean NOT NULL,
  logs_overflowed boolean NOT NULL,
  deleted boolean NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  first_connected_at timestamptz,
  last_connected_at timestamptz,
  disconnected_at timestamptz,
  started_at timestamptz,
  ready_at timestamptz,
  PRIMARY KEY (id)
);
CREATE INDEX agents_build_id_idx ON agents (build_id);
-- Agents that the connection timers still have to look at.
CREATE INDEX agents_unconnected_idx ON agents (created_at) WHERE first_connected_at IS NULL AND NOT timed_out AND NOT deleted;

CREATE TABLE app_statuses (
  id uuid NOT NULL,
  workspace_id uuid NOT NULL,
  build_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  app_id uuid NOT NULL,
  state text NOT NULL,
  message text NOT NULL,
  uri text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (id)
);
-- The newest status of a workspace, and those of an app.
CREATE INDEX app_statuses_workspace_id_idx ON app_statuses (workspace_id, created_at DESC);
CREATE INDEX app_statuses_agent_id_idx ON app_statuses (agent_id, app_id, created_at);
