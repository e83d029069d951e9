CREATE TABLE templates (
  id uuid NOT NULL,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  display_name text NOT NULL,
  description text NOT NULL,
  icon text NOT NULL,
  provisioner text NOT NULL,
  active_version_id uuid NOT NULL,
  created_by uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted boolean NOT NULL,
  settings jsonb NOT NULL,
  user_acl jsonb NOT NULL,
  group_acl jsonb NOT NULL,
  -- The rollout that has not ended: the version of the template's stream at which it began, when, and the position.
  rollout bigint,
  rollout_at timestamptz,
  rollout_position bigint,
  PRIMARY KEY (id)
);
-- Rollouts that somebody may have to finish.
CREATE INDEX templates_rollout_idx ON templates (rollout_at) WHERE rollout IS NOT NULL;
CREATE INDEX templates_name_idx ON templates (organization_id, lower(name)) WHERE NOT deleted;
