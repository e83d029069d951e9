CREATE TABLE jobs (
  id uuid NOT NULL,
  type text NOT NULL,
  organization_id uuid NOT NULL,
  initiator_id uuid,
  file_id uuid NOT NULL,
  provisioner text NOT NULL,
  tags jsonb NOT NULL,
  template_version_id uuid,
  build_id uuid,
  workspace_id uuid,
  dry_run_id uuid,
  worker_id uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  started_at timestamptz,
  canceled_at timestamptz,
  completed_at timestamptz,
  error text NOT NULL,
  error_code text NOT NULL,
  logs_overflowed boolean NOT NULL,
  -- What set the job in motion: whoever carries it out says so in its events.
  correlation_id uuid NOT NULL,
  causation_id uuid NOT NULL,
  PRIMARY KEY (id)
);
-- The next job to take, and how many wait before one.
CREATE INDEX jobs_pending_idx ON jobs (created_at, id) WHERE started_at IS NULL AND completed_at IS NULL;
-- Jobs that a worker holds: looked through for silent ones.
CREATE INDEX jobs_running_idx ON jobs (started_at) WHERE started_at IS NOT NULL AND completed_at IS NULL;
CREATE INDEX jobs_organization_id_idx ON jobs (organization_id, created_at DESC);
-- What a worker does now, and what it did last.
CREATE INDEX jobs_worker_id_idx ON jobs (worker_id, started_at DESC) WHERE worker_id IS NOT NULL;
CREATE INDEX jobs_build_id_idx ON jobs (build_id) WHERE build_id IS NOT NULL;
