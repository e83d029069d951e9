-- Rendering reads its neighbours: users, organizations, groups, templates, template_versions, builds, jobs, agents, app_statuses.
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
  -- User or group id -> list of actions.
  user_acl jsonb NOT NULL,
  group_acl jsonb NOT NULL,
  is_shared boolean NOT NULL GENERATED ALWAYS AS (user_acl <> '{}' OR group_acl <> '{}') STORED,
  latest_build_id uuid,
  initiator_id uuid,
  template_version_id uuid,
  -- The latest build's parameters, names and values in lower case: [{"name": …, "value": …}].
  parameters jsonb NOT NULL,
  -- Of the latest build: the word that its document shows, and what else lists filter by.
  status text NOT NULL,
  transition text NOT NULL,
  is_running boolean NOT NULL GENERATED ALWAYS AS (status = 'running') STORED,
  has_ai_task boolean NOT NULL,
  has_external_agent boolean,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  dormant_at timestamptz,
  deleting_at timestamptz,
  next_start_at timestamptz,
  -- Rendered at the end of each batch from this row and its neighbours; the columns below `doc` repeat what lists filter and
  -- sort by. `position` is that of the last event that the document depends on.
  doc bytea,
  position bigint NOT NULL DEFAULT 0,
  owner_name text NOT NULL DEFAULT '',
  template_name text NOT NULL DEFAULT '',
  outdated boolean NOT NULL DEFAULT false,
  -- Connection states of the living agents of a started workspace, each once.
  agent_states text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (id)
);
-- A workspace by its owner and name, deleted ones included; the workspaces of a person; documents to render anew when the
-- owner's name changes.
CREATE INDEX workspaces_owner_name_idx ON workspaces (owner_id, lower(name));
-- What changed after a position: followers of the feed, resumed watches.
CREATE INDEX workspaces_position_idx ON workspaces (position);
-- Documents to render anew when a template, a version or an organization changes, deleted ones included; `template:` searches.
CREATE INDEX workspaces_template_id_idx ON workspaces (template_id);
CREATE INDEX workspaces_template_version_id_idx ON workspaces (template_version_id);
CREATE INDEX workspaces_organization_id_idx ON workspaces (organization_id) WHERE NOT deleted;
-- Documents that name somebody else than the owner as the initiator of the latest build.
CREATE INDEX workspaces_initiator_id_idx ON workspaces (initiator_id) WHERE initiator_id <> owner_id;
-- The list's order without anybody's favourites: running first, then owner, then name; also the count of the whole list, which
-- needs nothing but this index.
CREATE INDEX workspaces_order_idx ON workspaces (is_running DESC, lower(owner_name), lower(name))
  WHERE NOT deleted AND doc IS NOT NULL;
-- Favourites, which their owner's list shows first.
CREATE INDEX workspaces_favorite_idx ON workspaces (owner_id) WHERE favorite AND NOT deleted;
-- What is shared at all, which is little: row visibility, `shared…` searches, documents that show a changed name.
CREATE INDEX workspaces_shared_idx ON workspaces (organization_id) WHERE is_shared;
-- `param:name=value` searches.
CREATE INDEX workspaces_parameters_idx ON workspaces USING gin (parameters jsonb_path_ops) WHERE parameters <> '[]';
