-- Reading an entry joins users, organizations, workspaces and templates: names are today's, so that an erased person has none.
CREATE TABLE audit_log (
  -- The request, or the event where that is an entry of its own: refusals, and what nobody asked for over HTTP. With what it
  -- changed it tells entries apart: several events of one change are one entry.
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
-- Newest first: all, or by one of the filters. Deep pages are found in these alone.
CREATE INDEX audit_log_position_idx ON audit_log (position DESC);
CREATE INDEX audit_log_resource_id_idx ON audit_log (resource_id, position DESC);
CREATE INDEX audit_log_user_id_idx ON audit_log (user_id, position DESC) INCLUDE (resource_type, action, organization_id);
CREATE INDEX audit_log_resource_type_idx ON audit_log (resource_type, action, position DESC);
CREATE INDEX audit_log_action_idx ON audit_log (action, position DESC);
CREATE INDEX audit_log_organization_id_idx ON audit_log (organization_id, position DESC);
CREATE INDEX audit_log_target_idx ON audit_log (lower(target), position DESC);
CREATE INDEX audit_log_request_id_idx ON audit_log (request_id) WHERE request_id <> change_id;
CREATE INDEX audit_log_build_reason_idx ON audit_log (build_reason, position DESC) WHERE build_reason IS NOT NULL;
-- Where in the log a day begins and ends: times never decrease as positions grow.
CREATE INDEX audit_log_time_idx ON audit_log (time, position);

-- How many entries there are of each kind, day by day (UTC): counting is adding up these instead of looking at every entry.
-- Whatever writes entries keeps them, in the same statement.
CREATE TABLE audit_counts (
  day date NOT NULL,
  -- All zeros for entries of no organization.
  organization_id uuid NOT NULL,
  resource_type text NOT NULL,
  action text NOT NULL,
  -- Empty for entries that are of no build.
  build_reason text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (day, organization_id, resource_type, action, build_reason)
);

CREATE FUNCTION audit_log_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_counts AS known (day, organization_id, resource_type, action, build_reason, count)
  SELECT (e.time AT TIME ZONE 'UTC')::date, coalesce(e.organization_id, '00000000-0000-0000-0000-000000000000'), e.resource_type,
    e.action, coalesce(e.build_reason, ''), count(*)
  FROM added e
  GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT (day, organization_id, resource_type, action, build_reason) DO UPDATE SET count = known.count + EXCLUDED.count;
  RETURN NULL;
END
$$;
CREATE TRIGGER audit_log_added AFTER INSERT ON audit_log
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit_log_added();

-- A later event of the same change may make an entry one of another kind.
CREATE FUNCTION audit_log_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_counts AS known (day, organization_id, resource_type, action, build_reason, count)
  SELECT (e.time AT TIME ZONE 'UTC')::date, coalesce(e.organization_id, '00000000-0000-0000-0000-000000000000'), e.resource_type,
    e.action, coalesce(e.build_reason, ''), e.change
  FROM (
    SELECT (OLD).*, -1 AS change
    UNION ALL
    SELECT (NEW).*, 1
  ) e
  ON CONFLICT (day, organization_id, resource_type, action, build_reason) DO UPDATE SET count = known.count + EXCLUDED.count;
  DELETE FROM audit_counts WHERE count = 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER audit_log_moved AFTER UPDATE ON audit_log FOR EACH ROW
  WHEN (ROW(OLD.time, OLD.organization_id, OLD.action, OLD.build_reason)
    IS DISTINCT FROM ROW(NEW.time, NEW.organization_id, NEW.action, NEW.build_reason))
  EXECUTE FUNCTION audit_log_moved();

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
