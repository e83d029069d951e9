CREATE TABLE template_versions (
  id uuid NOT NULL,
  template_id uuid,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  message text NOT NULL,
  readme text NOT NULL,
  archived boolean NOT NULL,
  file_id uuid NOT NULL,
  job_id uuid NOT NULL,
  provisioner text NOT NULL,
  plan jsonb,
  created_by uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX template_versions_template_id_idx ON template_versions (template_id, created_at);
CREATE INDEX template_versions_file_id_idx ON template_versions (file_id);

CREATE TABLE dry_runs (
  id uuid NOT NULL,
  template_version_id uuid NOT NULL,
  job_id uuid NOT NULL,
  resources jsonb NOT NULL,
  parameters jsonb NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX dry_runs_job_id_idx ON dry_runs (job_id);
