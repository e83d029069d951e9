CREATE TABLE workspaces (
  id uuid NOT NULL,
  owner_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  template_id uuid NOT NULL,
  name text NOT NULL,
  autostart_schedule text,
  ttl_ms bigint,
  automatic_updates text NOT NULL,
  favorite boolean NOT NULL,
  deleted boolean NOT NULL,
  user_acl jsonb NOT NULL,
  group_acl jsonb NOT NULL,
  latest_build_id uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  dormant_at timestamptz,
  deleting_at timestamptz,
  next_start_at timestamptz,
  -- Rendered at the end of each batch from this row and its neighbours (users, organizations, templates, template_versions,
  -- builds, jobs, agents, groups); the columns below repeat what lists filter and sort by.
  doc bytea,
  position bigint NOT NULL DEFAULT 0,
  owner_name text NOT NULL DEFAULT '',
  template_name text NOT NULL DEFAULT '',
  status text NOT NULL DEFAULT '',
  transition text NOT NULL DEFAULT '',
  is_running boolean NOT NULL DEFAULT false,
  outdated boolean NOT NULL DEFAULT false,
  PRIMARY KEY (id)
);
-- A workspace by its owner and name; deleted names are free.
CREATE INDEX workspaces_owner_name_idx ON workspaces (owner_id, lower(name)) WHERE NOT deleted;
-- What changed after a position: followers of the feed, resumed watches.
CREATE INDEX workspaces_position_idx ON workspaces (position);
-- Documents to render anew when a template changes; deleted ones included.
CREATE INDEX workspaces_template_id_idx ON workspaces (template_id);
-- The list's order without anybody's favourites: running first, then owner, then name.
CREATE INDEX workspaces_order_idx ON workspaces (is_running DESC, lower(owner_name), lower(name)) WHERE NOT deleted;
