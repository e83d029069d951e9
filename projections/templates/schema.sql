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
  PRIMARY KEY (id)
);
CREATE INDEX templates_name_idx ON templates (organization_id, lower(name)) WHERE NOT deleted;
