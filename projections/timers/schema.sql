-- Rules of workspaces are armed from workspaces, builds, jobs, templates and users, which fold before this model.
CREATE TABLE timers (
  -- lifecycle (of a workspace), next_start (of a workspace), agent_connection, user_dormancy.
  kind text NOT NULL,
  subject_id uuid NOT NULL,
  due_at timestamptz NOT NULL,
  -- The event that armed it.
  position bigint NOT NULL,
  PRIMARY KEY (kind, subject_id)
);
-- What is due, the longest overdue first.
CREATE INDEX timers_due_at_idx ON timers (due_at, kind, subject_id);
-- What was armed since the last look and was due already.
CREATE INDEX timers_position_idx ON timers (position);
