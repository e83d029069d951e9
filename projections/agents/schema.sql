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
  -- The command that set its build in motion: what the agent reports belongs to it.
  correlation_id uuid NOT NULL,
  is_simulated boolean NOT NULL,
  -- When the provisioner next plays a simulated agent: it connects, or it disconnects; null when nothing is left to play.
  plays_at timestamptz,
  PRIMARY KEY (id)
);
CREATE INDEX agents_build_id_idx ON agents (build_id);
-- Agents whose heartbeats are looked after.
CREATE INDEX agents_connected_idx ON agents (id) WHERE first_connected_at IS NOT NULL AND disconnected_at IS NULL AND NOT deleted;
-- What the provisioner plays next.
CREATE INDEX agents_plays_at_idx ON agents (plays_at) WHERE plays_at IS NOT NULL;
-- Agents that run as processes of the provisioner's machine.
CREATE INDEX agents_process_idx ON agents (id) WHERE spec->>'run' = 'process' AND NOT deleted;
-- Agents that a workspace still has: those of older builds shut down and go.
CREATE INDEX agents_workspace_id_idx ON agents (workspace_id) WHERE NOT deleted;

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
