-- Reading an entry joins users, organizations, workspaces and templates: names are today's, so that an erased person has none.
CREATE TABLE audit_log (
  -- The request, or the event that nobody asked for over HTTP. With what it changed it tells entries apart: several events of
  -- one change are one entry.
  change_id uuid NOT NULL,
  -- The resource, or the membership where that is another.
  subject_id uuid NOT NULL,
  -- Of the entry's first event.
  id uuid NOT NULL,
  -- Of the entry's first event: the order of the log is the order of the entries.
  position bigint NOT NULL,
  time timestamptz NOT NULL,
  request_id uuid,
  ip text,
  user_agent text,
  -- Null for what nobody signed in did.
  user_id uuid,
  resource_type text NOT NULL,
  resource_id uuid NOT NULL,
  organization_id uuid,
  -- The resource's name after the change; null for people, whose names are looked up.
  target text,
  icon text NOT NULL,
  action text NOT NULL,
  status_code integer NOT NULL,
  -- {field: {old?, new?, secret}}
  diff jsonb NOT NULL,
  additional_fields jsonb NOT NULL,
  build_reason text,
  PRIMARY KEY (change_id, resource_type, subject_id)
);
-- Newest first, all or by one of the filters.
CREATE INDEX audit_log_position_idx ON audit_log (position DESC, subject_id);
CREATE INDEX audit_log_resource_id_idx ON audit_log (resource_id, position DESC);
CREATE INDEX audit_log_user_id_idx ON audit_log (user_id, position DESC);
CREATE INDEX audit_log_resource_type_idx ON audit_log (resource_type, action, position DESC);
CREATE INDEX audit_log_action_idx ON audit_log (action, position DESC);
CREATE INDEX audit_log_organization_id_idx ON audit_log (organization_id, position DESC);
CREATE INDEX audit_log_target_idx ON audit_log (lower(target), position DESC);
-- Times grow with positions, so that a summary of each stretch of the table is enough.
CREATE INDEX audit_log_time_idx ON audit_log USING brin (time) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX audit_log_build_reason_idx ON audit_log (build_reason, position DESC) WHERE build_reason IS NOT NULL;

-- What was last known of each resource: the "before" of its next change.
CREATE TABLE audit_subjects (
  type text NOT NULL,
  id uuid NOT NULL,
  organization_id uuid,
  name text,
  icon text NOT NULL,
  fields jsonb NOT NULL,
  deleted boolean NOT NULL,
  PRIMARY KEY (type, id)
);
