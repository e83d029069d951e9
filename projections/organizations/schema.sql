CREATE TABLE organizations (
  id uuid NOT NULL,
  name text NOT NULL,
  display_name text NOT NULL,
  description text NOT NULL,
  icon text NOT NULL,
  is_default boolean NOT NULL,
  deleted boolean NOT NULL,
  shareable_workspace_owners text NOT NULL,
  default_org_member_roles jsonb NOT NULL,
  everyone_avatar_url text NOT NULL,
  everyone_quota_allowance bigint NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (id)
);
-- A name resolved to its living holder; lists in the order of names.
CREATE INDEX organizations_name_idx ON organizations (lower(name)) WHERE NOT deleted;
-- What `default` and the nil UUID stand for in a path.
CREATE INDEX organizations_default_idx ON organizations (id) WHERE is_default;

CREATE TABLE members (
  organization_id uuid NOT NULL,
  user_id uuid NOT NULL,
  roles jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, user_id)
);
-- The organizations of a person.
CREATE INDEX members_user_id_idx ON members (user_id);
-- Who holds a role that is taken from everybody.
CREATE INDEX members_roles_idx ON members USING gin (roles) WHERE roles <> '[]';

CREATE TABLE custom_roles (
  organization_id uuid NOT NULL,
  name text NOT NULL,
  display_name text NOT NULL,
  permissions jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, name)
);
