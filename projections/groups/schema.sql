CREATE TABLE groups (
  id uuid NOT NULL,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  display_name text NOT NULL,
  avatar_url text NOT NULL,
  quota_allowance bigint NOT NULL,
  source text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX groups_name_idx ON groups (organization_id, lower(name));

CREATE TABLE group_members (
  group_id uuid NOT NULL,
  user_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  PRIMARY KEY (group_id, user_id)
);
-- The groups of a person, and what a person who leaves an organization leaves with it.
CREATE INDEX group_members_user_id_idx ON group_members (user_id, organization_id);
