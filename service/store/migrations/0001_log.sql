-- The log and what lies beside it. The events table is the one the eventsourcing library makes (PostgresApplicationRecorder).
CREATE TABLE IF NOT EXISTS ledger_events (
  originator_id uuid NOT NULL,
  originator_version bigint NOT NULL,
  topic text NOT NULL,
  state bytea NOT NULL,
  notification_id bigserial,
  PRIMARY KEY (originator_id, originator_version)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);

CREATE UNIQUE INDEX IF NOT EXISTS ledger_events_notification_id_idx ON ledger_events (notification_id ASC);
-- Readers of events of one type, or of one person's: rare ones are found without reading the log. A person's id stands at a fixed
-- place of the state (`mapper.py`).
CREATE INDEX ledger_events_type_idx ON ledger_events (split_part(topic, '/', 1), notification_id);
CREATE INDEX ledger_events_actor_idx ON ledger_events (substring(state FROM 112 FOR 36), notification_id)
  WHERE substring(state FROM 100 FOR 12) = 'user","id":"'::bytea;

-- What the appending process decided by is no longer so: whatever the transaction has done is undone.
CREATE FUNCTION ledger_conflict(reason text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'LG409', MESSAGE = reason;
END
$$;

-- Appends events; a conflict when one of the held streams is at another version. The lock comes before the statement that
-- compares, so that it sees all that was committed. Times never go back: an event is lifted to the time of the one before it,
-- which stands in the log's last state at a fixed place.
CREATE FUNCTION ledger_append(
  ids uuid[], versions bigint[], topics text[], states bytea[], held_ids uuid[], held_versions bigint[]
) RETURNS TABLE (id text, version bigint, "position" bigint, "time" text)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(517399280);
  RETURN QUERY
    WITH latest AS (
      SELECT substring(e.state FROM 10 FOR 27) AS at
      FROM ledger_events e
      ORDER BY e.notification_id DESC
      LIMIT 1
    )
    INSERT INTO ledger_events AS l (originator_id, originator_version, topic, state)
    SELECT n.stream, n.number, n.topic,
      CASE WHEN latest.at > substring(n.state FROM 10 FOR 27)
        THEN overlay(n.state PLACING latest.at FROM 10 FOR 27)
        ELSE n.state
      END
    FROM unnest(ids, versions, topics, states) WITH ORDINALITY AS n (stream, number, topic, state, ordinal)
    LEFT JOIN latest ON true
    WHERE NOT EXISTS (
      SELECT 1
      FROM unnest(held_ids, held_versions) AS h (stream, number)
      WHERE h.number <> coalesce((SELECT max(e.originator_version) FROM ledger_events e WHERE e.originator_id = h.stream), 0)
    )
    ORDER BY n.ordinal
    RETURNING l.originator_id::text, l.originator_version, l.notification_id, convert_from(substring(l.state FROM 10 FOR 27), 'UTF8');
  IF NOT FOUND THEN
    PERFORM ledger_conflict('a stream that the decision relies on has moved on');
  END IF;
  PERFORM pg_notify('ledger_events', '');
END
$$;

-- Changes that carried an Idempotency-Key: claimed by a process (`holder`, whose advisory lock shows that it lives), then with
-- their first answer. `id` is a digest of caller, route and key; `answer` is sealed with the key, which is stored nowhere.
-- `mentions` are the ids in the answer, so that erasing a person reaches it.
CREATE TABLE idempotency_keys (
  id bytea PRIMARY KEY,
  caller text NOT NULL,
  request_hash bytea NOT NULL,
  holder integer NOT NULL,
  answer bytea,
  mentions uuid[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
-- What such a change has appended: written in the transaction of its events, gone when its answer is kept. `ordinal` counts the
-- commands of one request, `position` is that of the last of its `events`.
CREATE TABLE idempotency_marks (
  id bytea NOT NULL,
  ordinal integer NOT NULL,
  position bigint NOT NULL,
  events integer NOT NULL,
  PRIMARY KEY (id, ordinal)
);

-- States of long streams, so that folding need not start at the first event. May be emptied at any time.
CREATE TABLE aggregate_snapshots (
  stream_id uuid PRIMARY KEY,
  shape text NOT NULL,
  version bigint NOT NULL,
  position bigint NOT NULL,
  state bytea NOT NULL
);

-- Secrets: never in events, only as hashes.
-- `revision` counts the person's password changes: a session is started only under the revision whose hash was compared.
CREATE TABLE password_hashes (
  user_id uuid PRIMARY KEY,
  hash text NOT NULL,
  revision integer NOT NULL DEFAULT 0
);
CREATE TABLE api_key_digests (
  key_id text PRIMARY KEY,
  user_id uuid NOT NULL,
  digest bytea NOT NULL
);
CREATE INDEX api_key_digests_user_id_idx ON api_key_digests (user_id);
CREATE TABLE agent_token_digests (
  digest bytea PRIMARY KEY,
  agent_id uuid NOT NULL
);
CREATE INDEX agent_token_digests_agent_id_idx ON agent_token_digests (agent_id);

-- Keys that seal personal data in events; dropping one erases the person.
CREATE TABLE personal_keys (
  user_id uuid PRIMARY KEY,
  key bytea NOT NULL
);

-- Uploaded archives, by reference from events.
CREATE TABLE files (
  id uuid PRIMARY KEY,
  hash text NOT NULL,
  uploaded_by uuid NOT NULL,
  content_type text NOT NULL,
  content bytea NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (hash, uploaded_by)
);

-- Values of template variables: they may be secret. Given by the author, then as the import resolved them.
CREATE TABLE template_version_variables (
  version_id uuid NOT NULL,
  name text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (version_id, name)
);

-- Telemetry beside the log: what jobs and agents print.
CREATE TABLE job_logs (
  id bigserial PRIMARY KEY,
  job_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  source text NOT NULL,
  level text NOT NULL,
  stage text NOT NULL,
  output text NOT NULL
);
CREATE INDEX job_logs_job_id_idx ON job_logs (job_id, id);
CREATE TABLE job_log_sizes (
  job_id uuid PRIMARY KEY,
  bytes bigint NOT NULL,
  is_full boolean NOT NULL DEFAULT false
);
CREATE TABLE agent_logs (
  id bigserial PRIMARY KEY,
  agent_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  level text NOT NULL,
  output text NOT NULL,
  source_id uuid NOT NULL
);
CREATE INDEX agent_logs_agent_id_idx ON agent_logs (agent_id, id);
-- How much of its log each agent has used up (bytes of output), and whether it was refused lines for that.
CREATE TABLE agent_log_sizes (
  agent_id uuid PRIMARY KEY,
  bytes bigint NOT NULL,
  is_full boolean NOT NULL DEFAULT false
);
-- When each agent was last heard: written over and over, never history.
CREATE TABLE agent_heartbeats (
  agent_id uuid PRIMARY KEY,
  heard_at timestamptz NOT NULL
) WITH (fillfactor = 50);
-- The newest value of each of an agent's metadata; interval and timeout in seconds.
CREATE TABLE agent_metadata (
  agent_id uuid NOT NULL,
  key text NOT NULL,
  display_name text NOT NULL,
  script text NOT NULL,
  interval_seconds bigint NOT NULL,
  timeout_seconds bigint NOT NULL,
  value text NOT NULL,
  error text NOT NULL,
  collected_at timestamptz NOT NULL,
  PRIMARY KEY (agent_id, key)
);

-- The provisioner state of a build: opaque bytes, may hold secrets, so never in the log.
CREATE TABLE build_states (
  build_id uuid PRIMARY KEY,
  state bytea NOT NULL
);

-- The private halves of git keys.
CREATE TABLE ssh_private_keys (
  user_id uuid PRIMARY KEY,
  private_key text NOT NULL
);

-- What webhooks sign with. Signing needs the secret itself, so a hash would not do; a key to seal it with could only lie beside
-- it in this database, or be lost with the process, so it is stored as it is, like the private keys above. `previous` signs too
-- until its time. A webhook is deleted by deleting this row: what is left of it in the tables below is swept later.
CREATE TABLE webhook_secrets (
  webhook_id uuid PRIMARY KEY,
  secret bytea NOT NULL,
  previous bytea,
  previous_until timestamptz
);
-- Up to where the log was read for each webhook, and until when its receiver asked to be left alone. Whoever writes deliveries of
-- a webhook locks its row here first. No transaction of the log ever waits for it.
CREATE TABLE webhook_cursors (
  webhook_id uuid PRIMARY KEY,
  position bigint NOT NULL,
  paused_until timestamptz
);
-- Replays that were asked for and not begun yet.
CREATE TABLE webhook_replays (
  webhook_id uuid NOT NULL,
  after bigint NOT NULL
);
-- Every event on its way to every webhook that wants it, and those of the last days that have ended. `group_id` is the workspace,
-- else the event's own stream: within it, deliveries go out in order. Only the first pending one of a group has a time: `due_at`.
CREATE TABLE webhook_deliveries (
  webhook_id uuid NOT NULL,
  position bigint NOT NULL,
  message_id text NOT NULL,
  type text NOT NULL,
  group_id uuid NOT NULL,
  -- pending, delivered or failed (given up)
  state text NOT NULL DEFAULT 'pending',
  attempts integer NOT NULL DEFAULT 0,
  status_code integer,
  error text NOT NULL DEFAULT '',
  queued_at timestamptz NOT NULL,
  attempted_at timestamptz,
  due_at timestamptz,
  PRIMARY KEY (webhook_id, position)
);
-- First attempts and further ones are taken apart from each other, so that those that fail are not in the way of those that may not.
CREATE INDEX webhook_deliveries_first_idx ON webhook_deliveries (webhook_id, due_at, position) WHERE due_at IS NOT NULL AND attempts = 0;
CREATE INDEX webhook_deliveries_again_idx ON webhook_deliveries (webhook_id, due_at, position) WHERE due_at IS NOT NULL AND attempts > 0;
-- Whether a group has pending ones, and which is the next; how many there are.
CREATE INDEX webhook_deliveries_group_idx ON webhook_deliveries (webhook_id, group_id, position) WHERE state = 'pending';
-- A page of those in a rare state, and the sweep of what has ended.
CREATE INDEX webhook_deliveries_state_idx ON webhook_deliveries (webhook_id, state, position);
CREATE INDEX webhook_deliveries_ended_idx ON webhook_deliveries (attempted_at) WHERE state <> 'pending';

-- What the ids of name reservations are keyed with, so that nobody can look for a name or address in the log by guessing.
CREATE TABLE name_pepper (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  pepper bytea NOT NULL
);
INSERT INTO name_pepper (pepper) VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
-- Names that came with an imported log: where their reservations lie, by where they would lie under this database's pepper.
CREATE TABLE imported_names (
  stream_id uuid PRIMARY KEY,
  reserved_as uuid NOT NULL
);

-- Who carries out jobs, and when they were last heard of. No organization: serves all. A built-in one is played by a slot of a
-- process that holds the advisory lock `slot`, so that the slot of a process that died can be told from one that is busy.
CREATE TABLE provisioner_daemons (
  id uuid PRIMARY KEY,
  -- The key with which one of another process attached; null for built-in ones.
  key_id uuid,
  organization_id uuid,
  name text NOT NULL,
  version text NOT NULL,
  api_version text NOT NULL,
  provisioners text[] NOT NULL,
  job_types text[] NOT NULL,
  tags jsonb NOT NULL,
  slot bigint UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now()
);
-- Keys of provisioners that attach over HTTP, as digests of their secrets.
CREATE TABLE provisioner_keys (
  id uuid PRIMARY KEY,
  organization_id uuid NOT NULL,
  name text NOT NULL,
  tags jsonb NOT NULL,
  digest bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, name)
);
CREATE TABLE job_heartbeats (
  job_id uuid PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

-- Which deployment this is: what clients tell it apart from others by, for ever.
CREATE TABLE deployment (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO deployment DEFAULT VALUES;
